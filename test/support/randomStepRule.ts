// The numbers of a server rule, drawn so that the ends of their ranges, powers of two and small ones are frequent.
import type { Random } from "../../trainer/learning/random.ts";
import type { ServerRule, StepRule } from "../../trainer/protocol/serverStep.ts";

/** Any numbers with which a task may step by this rule. */
export function randomStepRule(random: Random, rule: ServerRule): StepRule {
  return {
    rule,
    serverRate: numberUpTo(2 ** 32 - 1),
    momentum: numberUpTo(2 ** 16 - 1),
    secondMomentum: numberUpTo(2 ** 16 - 1),
    adaptivity: Math.max(1, numberUpTo(2 ** 32 - 1)),
    fractionBits: 1 + random.below(30),
  };

  function numberUpTo(most: number): number {
    const power = 2 ** random.below(1 + Math.floor(Math.log2(most)));
    switch (random.below(4)) {
      case 0:
        return random.below(2) === 0 ? 0 : most;
      case 1:
        return power;
      default:
        return Math.min(most, power + random.below(power));
    }
  }
}
