/** The page's words in the language that is read: `words.value.tasks.title`. */
import { computed, effect, signal } from "@preact/signals";
import { remember, remembered } from "../remembered.ts";
import { en } from "./en.ts";
import type { Words } from "./en.ts";
import { zh } from "./zh.ts";

export const LANGUAGES = { en: "English", zh: "中文" } as const;
export type Language = keyof typeof LANGUAGES;

const ALL: Readonly<Record<Language, Words>> = { en, zh };
const KEY = "language";

export const language = signal<Language>(chosenBefore() ?? (navigator.language.startsWith("zh") ? "zh" : "en"));

export const words = computed<Words>(() => ALL[language.value]);

/** Making a formatter takes longer than a row of a table may: each is made once. */
const formats = new Map<string, Intl.NumberFormat | Intl.DateTimeFormat>();

function formatOf<F extends Intl.NumberFormat | Intl.DateTimeFormat>(name: string, make: () => F): F {
  const format = formats.get(name) ?? make();
  formats.set(name, format);
  return format as F;
}

/** A whole or broken number as the language writes it. */
export function number(value: number | bigint, digits = 3): string {
  const spoken = language.value;
  const make = () => new Intl.NumberFormat(spoken, { maximumFractionDigits: digits });
  return formatOf(`${spoken} ${digits}`, make).format(value);
}

/** A moment, in seconds since 1970; nothing that no calendar has. */
export function moment(seconds: number): string {
  const date = new Date(seconds * 1_000);
  if (Number.isNaN(date.getTime())) return String(seconds);
  const spoken = language.value;
  const make = () => new Intl.DateTimeFormat(spoken, { dateStyle: "medium", timeStyle: "medium" });
  return formatOf(spoken, make).format(date);
}

/** Says to browsers and screen readers which language is spoken, and remembers it. */
export function applyLanguage(): void {
  effect(() => {
    document.documentElement.lang = language.value === "zh" ? "zh-CN" : "en";
    remember(KEY, language.value);
  });
}

function chosenBefore(): Language | undefined {
  const before = remembered(KEY);
  return (Object.keys(LANGUAGES) as Language[]).find((each) => each === before);
}
