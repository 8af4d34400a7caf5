/** What a watch tells, in words for people and logs. */
import { FRAUD_WORDS, VECTOR_WORDS } from "../observe/fraudWords.ts";
import type { WatchEvent } from "../roles/watch.ts";

/** What the watch did, for people. */
export function inWords(event: WatchEvent): string {
  const round = `round ${event.round}`;
  switch (event.event) {
    case "checked":
      return `${round}: the proposal's ${event.found === "right" ? "sum and step are" : "step is"} right`;
    case "caught":
      return event.fraud === "hidden"
        ? `${round}: ${event.trainer} hides what it proposes`
        : `${round}: found the ${FRAUD_WORDS[event.fraud]} of ${event.trainer}`;
    case "convicted": {
      const where = event.chunk === undefined ? "" : ` at chunk ${event.chunk}`;
      return `${round}: the ${FRAUD_WORDS[event.fraud]} of ${event.trainer} proved${where}, with ${event.gas} gas`;
    }
    case "accused":
      return `${round}: the sum is out of range at chunk ${event.chunk}; its members must now show whose fault it is`;
    case "asked":
      return `${round}: asked for chunk ${event.chunk} of the ${VECTOR_WORDS[event.vector]}`;
    case "answered":
      return `${round}: showed chunk ${event.chunk} of the ${VECTOR_WORDS[event.vector]}`;
    case "silence":
      return `${round}: ${event.trainer} did not show chunk ${event.chunk} of the ${VECTOR_WORDS[event.vector]}: its proposal is void`;
    case "model missed":
      return `${round}: said that the model cannot be had`;
  }
}
