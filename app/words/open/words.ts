/** The words of opening a task in the language that is read. */
import { computed } from "@preact/signals";
import { language } from "../words.ts";
import type { Language } from "../words.ts";
import { en } from "./en.ts";
import type { OpenWords } from "./en.ts";
import { zh } from "./zh.ts";

const ALL: Readonly<Record<Language, OpenWords>> = { en, zh };

export const openWords = computed<OpenWords>(() => ALL[language.value]);
