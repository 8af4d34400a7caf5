/** The words of accounts in the language that is read: `accountWords.value.stake.title`. */
import { computed } from "@preact/signals";
import { language } from "../words.ts";
import type { Language } from "../words.ts";
import { en } from "./en.ts";
import type { AccountWords } from "./en.ts";
import { zh } from "./zh.ts";

const ALL: Readonly<Record<Language, AccountWords>> = { en, zh };

export const accountWords = computed<AccountWords>(() => ALL[language.value]);
