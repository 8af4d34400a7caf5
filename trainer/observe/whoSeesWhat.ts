/** Who could have seen what of a training, by the privacy its task chose: for the report, in words. */

export interface Sight {
  readonly party: string;
  readonly sees: string;
}

export interface PrivacyOfTask {
  readonly privacy: "sealed" | "masked";
  /** Seats of a round. */
  readonly trainers: number;
  /** Into how many cohorts they are drawn; 0 unless masked. */
  readonly cohorts: number;
  /** How many of a cohort can rebuild a secret; 0 unless masked. */
  readonly shareThreshold: number;
}

export function whoSeesWhat({ privacy, trainers, cohorts, shareThreshold }: PrivacyOfTask): Sight[] {
  const sums = cohorts > 1 ? "each cohort's sum in each round, who sat in it" : "each round's sum, who took part";
  const everybody: Sight = {
    party: "Everybody",
    sees: `each model, ${sums} with how much data, and what every act cost`,
  };
  const itself: Sight = { party: "A trainer's own process", sees: "its data, which never leave it" };
  if (privacy === "sealed") {
    return [
      itself,
      { party: "Each trainer of a round", sees: "every update of that round: it decrypts and adds them for itself" },
      { ...everybody, sees: `${everybody.sees}; of an update its root and the length of its ciphertext` },
    ];
  }
  const [group, all, others] =
    cohorts > 1
      ? [
          `${trainers / cohorts} trainers of a cohort`,
          "every update of that cohort",
          "each other's secrets in its cohort",
        ]
      : [`${trainers} trainers`, "every update", "each other's secrets"];
  return [
    itself,
    {
      party: "The aggregator, and any other trainer",
      sees: `what everybody sees, and one share of ${others}, which alone is a random number`,
    },
    { party: "Everybody", sees: `${everybody.sees}; of an update only the masked vector, which looks random` },
    {
      party: `${shareThreshold} of the ${group} together`,
      sees: `${all}: with as many shares they rebuild the secrets of all`,
    },
    { party: "All trainers of a sum but one, together", sees: "the one's update: the sum less their own" },
  ];
}
