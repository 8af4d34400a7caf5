/** Who could have seen what of a training, by the privacy its task chose: for the report, in words. */

export interface Sight {
  readonly party: string;
  readonly sees: string;
}

export interface PrivacyOfTask {
  readonly privacy: "sealed" | "masked";
  /** Seats of a round. */
  readonly trainers: number;
  /** How many of them can rebuild a secret; 0 unless masked. */
  readonly shareThreshold: number;
}

export function whoSeesWhat({ privacy, trainers, shareThreshold }: PrivacyOfTask): Sight[] {
  const everybody: Sight = {
    party: "Everybody",
    sees: "each model, each round's sum, who took part with how much data, and what every act cost",
  };
  const itself: Sight = { party: "A trainer's own process", sees: "its data, which never leave it" };
  if (privacy === "sealed") {
    return [
      itself,
      { party: "Each trainer of a round", sees: "every update of that round: it decrypts and adds them for itself" },
      { ...everybody, sees: `${everybody.sees}; of an update its root and the length of its ciphertext` },
    ];
  }
  return [
    itself,
    {
      party: "The aggregator, and any other trainer",
      sees: "what everybody sees, and one share of each other's secrets, which alone is a random number",
    },
    { party: "Everybody", sees: `${everybody.sees}; of an update only the masked vector, which looks random` },
    {
      party: `${shareThreshold} of the ${trainers} trainers together`,
      sees: "every update: with as many shares they rebuild the secrets of all",
    },
    { party: "All trainers of a sum but one, together", sees: "the one's update: the sum less their own" },
  ];
}
