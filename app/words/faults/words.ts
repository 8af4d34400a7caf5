/**
 * What is wrong with a task file, in the language that is read. English comes with the faults themselves (trainer/roles/
 * taskFaults.ts); other languages are loaded when they are read.
 */
import { computed, effect, signal } from "@preact/signals";
import type { z } from "zod";
import type { FaultName, TaskFault, TaskFaults } from "../../../trainer/roles/taskFaults.ts";
import { language } from "../words.ts";

type Sentences = { readonly [N in FaultName]: (numbers: TaskFaults[N]) => string };

export interface FaultWords {
  /** Of what zod checks by itself: types, sizes, choices. */
  readonly builtIn: z.core.$ZodErrorMap;
  readonly sentences: Sentences;
}

const chinese = signal<FaultWords>();

/** Undefined where the faults' own sentences do: in English, and while others are loaded or cannot be. */
export const faultWords = computed(() => (language.value === "zh" ? chinese.value : undefined));

/** Loads the words of the language that is read, now and when it changes. */
export function loadFaultWords(): () => void {
  return effect(() => {
    if (language.value !== "zh" || chinese.peek() !== undefined) return;
    const taken = import("./zh.ts").then(({ zh }) => {
      chinese.value = zh;
    });
    taken.catch(() => undefined); // English is better than nothing
  });
}

export function faultText<N extends FaultName>({ sentences }: FaultWords, fault: TaskFault<N>): string {
  const name: N = fault.fault;
  return sentences[name](fault);
}
