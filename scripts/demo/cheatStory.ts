/** What is told of a cheat: what was done, who noticed, who proved it, what it cost, who did the work instead. */
import { FRAUD_WORDS, VECTOR_WORDS } from "../../trainer/observe/fraudWords.ts";
import type { Unit } from "../../trainer/chain/tokenUnit.ts";
import type { TrainerEvent } from "../../trainer/roles/trainer.ts";
import type { Cheat } from "./cheats.ts";
import type { Cheated } from "./cheatingTrainer.ts";
import type { Story } from "./story.ts";
import type { TrainerAccount } from "./trainerProcess.ts";

const DEEDS: Readonly<Record<Cheat, string>> = {
  sum: "is drawn to aggregate, changes one number of the sum and proposes it",
  step: "is drawn to aggregate, sums right, changes one number of the model and proposes it",
  encoding: "commits to an update with one number far beyond the bound",
  withhold: "is drawn to aggregate and proposes a wrong sum that nobody can fetch",
  silent: "is drawn to aggregate and says nothing",
};

export function createCheatStory(
  accounts: readonly TrainerAccount[],
  unit: Unit,
  story: Story,
): { hear(name: string, event: TrainerEvent | Cheated): void } {
  let cheated: { readonly name: string; readonly event: Cheated } | undefined;
  let isNoticed = false;
  let isMadeGood = false;
  const nameOf = (address: string) => accounts.find((account) => account.address === address)?.name ?? address;

  return {
    hear(name, event) {
      switch (event.event) {
        case "cheated":
          cheated ??= { name, event };
          story.tell(`Round ${event.round}: ${name} ${DEEDS[event.cheat]}`);
          return;
        case "caught":
          if (isNoticed || nameOf(event.trainer) !== cheated?.name) return;
          isNoticed = true;
          if (event.fraud === "hidden")
            story.tell(`${name} can fetch nothing of what ${nameOf(event.trainer)} proposed`);
          else if (event.fraud === "malformed") story.tell(`${name} has opened it and found it malformed`);
          else
            story.tell(
              `${name} has recomputed it and found the ${FRAUD_WORDS[event.fraud]} of ${nameOf(event.trainer)}`,
            );
          return;
        case "asked":
          if (cheated?.event.round !== event.round) return;
          story.tell(`${name} asks on chain for chunk ${event.chunk} of the ${VECTOR_WORDS[event.vector]}`);
          return;
        case "convicted": {
          const { trainer, fraud, chunk, gas } = event;
          const where = chunk === undefined ? "" : ` at chunk ${chunk}`;
          story.tell(`${name} proves the ${FRAUD_WORDS[fraud]} of ${nameOf(trainer)}${where}, with ${gas} gas`);
          tellMoney(trainer, name, event);
          return;
        }
        case "accused":
          story.tell(
            `${name} has found the sum out of range at chunk ${event.chunk}: its members must open that chunk`,
          );
          return;
        case "silence":
          story.tell(`${nameOf(event.trainer)} has not shown it in time: its proposal is void`);
          tellMoney(event.trainer, nameOf(event.asker), event);
          return;
        case "act": {
          const isInstead = event.act === "propose" && event.round === cheated?.event.round && name !== cheated.name;
          if (!isInstead || isMadeGood) return;
          isMadeGood = true;
          story.tell(`${name} proposes the model of round ${event.round}`);
          return;
        }
        default:
      }
    },
  };

  function tellMoney(convict: string, paid: string, slash: { readonly fine: string; readonly reward: string }): void {
    const [fine, reward] = [BigInt(slash.fine), BigInt(slash.reward)];
    story.tell(
      `${unit.text(fine)} of ${nameOf(convict)}'s stake are gone: ${unit.text(reward)} to ${paid}, ` +
        `${unit.text(fine - reward)} burnt`,
    );
  }
}
