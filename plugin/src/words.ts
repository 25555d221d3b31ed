// What the user reads. Texts are data: locales/*.json, English complete and bundled.

import { Listeners } from "./listeners.ts";
import english from "../locales/en.json";

export type Key = keyof typeof english;
type Values = Record<string, string | number>;

/** The languages there are files of. */
const LANGUAGES = ["en", "de", "fr", "es", "ja", "zh-CN"] as const;

/** Tells of another language. */
export const speaking = new Listeners();

let language = "en";
let texts: Partial<Record<string, string>> = english;

/** The file for a language of Stash's, such as `de-DE`. */
export function closest(wanted: string): (typeof LANGUAGES)[number] {
  const exact = LANGUAGES.find((known) => known.toLowerCase() === wanted.toLowerCase());
  const first = wanted.split("-")[0]?.toLowerCase();
  return exact ?? LANGUAGES.find((known) => known.split("-")[0] === first) ?? "en";
}

/** From now on texts are of this language; what a file misses stays English. */
export function speak(of: string, file: Record<string, string>): void {
  language = of;
  texts = { ...english, ...file };
  speaking.tell();
}

/** The text of a key. `{name}` stands for a value; a text with ` || ` has a singular and a plural,
 *  chosen by the value `n`. */
export function t(key: Key, values: Values = {}): string {
  const text = texts[key] ?? key;
  const forms = text.split(" || ");
  const one = forms.length > 1 && new Intl.PluralRules(language).select(Number(values["n"] ?? 0)) === "one";
  const form = (one ? forms[0] : forms.at(-1)) ?? text;
  return form.replace(/\{(\w+)\}/g, (_, name: string) => {
    const value = values[name] ?? "";
    return typeof value === "number" ? value.toLocaleString(language) : value;
  });
}

/** An error whose message is a sentence for the user. */
export class Told extends Error {
  readonly key: Key;

  constructor(key: Key, values: Values = {}) {
    super(t(key, values));
    this.key = key;
  }
}

/** The thing itself, or its absence said in words. */
export function certain<T>(thing: T | null | undefined, otherwise: Key): T {
  if (thing === null || thing === undefined) throw new Told(otherwise);
  return thing;
}

/** Any thrown thing as a sentence. Stash's words for an ended login are none for users. */
export function sentence(thrown: unknown): string {
  const text = (thrown instanceof Error ? thrown.message : String(thrown)).trim();
  if (/status code 401|unauthori[sz]ed|401/i.test(text)) return t("signedOut");
  if (text === "") return t("unsaid");
  const start = text.charAt(0).toUpperCase() + text.slice(1);
  return /[.!?。！？]$/.test(start) ? start : `${start}.`;
}

/** Bytes in the unit a person would choose. */
export function bytes(n: number): string {
  const [size, unit] = n < 1000 ? [n, "byte"] : n < 1e6 ? [n / 1000, "kilobyte"] : [n / 1e6, "megabyte"];
  return new Intl.NumberFormat(language, { style: "unit", unit, maximumFractionDigits: n < 1e6 ? 0 : 1 }).format(size);
}

/** The day of a moment, in seconds since 1970. */
export function day(seconds: number): string {
  return new Date(seconds * 1000).toLocaleDateString(language);
}

/** Seconds as a player shows them: 1:02:03. */
export function clock(seconds: number): string {
  const whole = Math.max(0, Math.floor(seconds));
  const two = (n: number): string => String(n).padStart(2, "0");
  const [h, m, s] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60, whole % 60];
  return h > 0 ? `${h}:${two(m)}:${two(s)}` : `${m}:${two(s)}`;
}

/** A share of one, in whole per cent. */
export function percent(share: number): string {
  return new Intl.NumberFormat(language, { style: "percent", maximumFractionDigits: 0 }).format(Math.floor(share * 100) / 100);
}
