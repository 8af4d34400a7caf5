/** All scenarios, by the names that a command takes. */
import { credit } from "./credit.ts";
import { digits } from "./digits.ts";
import { equipment } from "./equipment.ts";
import { medical } from "./medical.ts";
import type { Scenario } from "./scenario.ts";
import { traffic } from "./traffic.ts";

export const SCENARIOS = { medical, credit, traffic, equipment, digits } as const satisfies Record<string, Scenario>;

export type ScenarioName = keyof typeof SCENARIOS;
