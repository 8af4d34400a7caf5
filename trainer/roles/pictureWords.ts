/** What a task's picture says, in words for people. Without Node, for the terminal and the page alike. */
import type { DisputePicture, SeatPicture, TaskPicture } from "../chain/taskPicture.ts";
import { isOver } from "../protocol/roundClock.ts";

const FAULT_WORDS = {
  WrongSum: "proposed a wrong sum",
  WrongStep: "proposed a wrong step",
  Undisclosed: "did not show what it had proposed",
  Withheld: "proposed a model that a majority could not fetch",
  SetChanged: "lost its proposal, because an update in it was convicted",
} as const;

/** What the trainer at fault did: follows its name. */
export function faultWords(dispute: DisputePicture): string {
  switch (dispute.kind) {
    case "overturned":
      return FAULT_WORDS[dispute.fault];
    case "expelled":
      return "revealed a malformed update";
    case "convicted":
      return "dealt bad shares or spoilt a sum";
    case "missed turn":
      return "was drawn to aggregate and did not";
  }
}

/** What is worth saying of a seat besides its status. */
export function seatWords({ drawn, proposed, attested, missedTurn, convicted }: SeatPicture): string {
  return [
    drawn && "drawn",
    proposed && "proposed",
    attested && "attested",
    missedTurn && "missed its turn",
    convicted && "convicted",
  ]
    .filter((word) => word !== false)
    .join(", ");
}

/** Where the round stands: "round 2: Attesting, 12 s left". @param id The task's number. */
export function clockWords({ stage, round }: TaskPicture, id: number, secondsLeft = round.secondsLeft): string {
  const { number, phase } = round;
  if (stage === "closed") return "closed";
  if (phase === "Idle") return "not begun";
  if (isOver(phase)) {
    return `round ${number} is ${phase.toLowerCase()}; anyone may end it with: foedus task advance ${id}`;
  }
  return `round ${number}: ${phase}, ${Math.max(0, Math.round(secondsLeft))} s left`;
}
