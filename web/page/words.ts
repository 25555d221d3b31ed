// The page's wording: numbers, sizes and stages as people say them.

import type { Answer, AnswerCandidate, EngineReport, Match, Progress } from "../client/index.ts";
import { certaintyOf } from "../client/certainty.ts";
import type { Permit } from "./permit.ts";

/** How much to believe a name. */
export interface Certainty {
  /** The class of the chip and the box: `sure`, `likely` or `look`. */
  kind: "sure" | "likely" | "look" | "unknown";
  /** What the user reads. */
  word: string;
}

const WORDS = { sure: "Sure", likely: "Likely", look: "Look yourself" };

/** Puts a confidence (0 to 1) into a word. */
export function certainty(confidence: number): Certainty {
  const kind = certaintyOf(confidence);
  return { kind, word: WORDS[kind] };
}

export const UNKNOWN: Certainty = { kind: "unknown", word: "Unknown" };

/** Who a person most likely is; nobody for an unknown one. */
export function bestOf(match: Match): AnswerCandidate | undefined {
  return match.unknown ? undefined : match;
}

/** "3 people", "1 person". */
export function count(n: number, one: string, many: string): string {
  return `${n.toLocaleString("en")} ${n === 1 ? one : many}`;
}

/** Bytes in the unit a person would choose. */
export function bytes(n: number): string {
  if (n < 1000) return `${n} B`;
  if (n < 1e6) return `${Math.round(n / 1000)} kB`;
  return `${(n / 1e6).toFixed(1)} MB`;
}

/** Milliseconds, or seconds where there are many. */
export function duration(ms: number): string {
  if (ms < 1) return "under 1 ms";
  return ms < 1000 ? `${Math.round(ms)} ms` : `${(ms / 1000).toFixed(ms < 10_000 ? 2 : 1)} s`;
}

const STAGES: Record<Progress["stage"], string> = {
  engine: "Starting the engine",
  models: "Fetching the models",
  database: "Opening the database",
  decode: "Reading the picture",
  detect: "Looking for faces",
  embed: "Measuring the faces",
  search: "Looking them up",
};

/** What is going on, without numbers, so that it can be announced once. */
export function stage(progress: Progress): string {
  return STAGES[progress.stage];
}

/** How far it has come. */
export function amount(progress: Progress): string {
  const { stage, done, total, bytes: size } = progress;
  if (stage === "models" && total > 0) return `${bytes(done)} of ${bytes(total)}`;
  if (size !== undefined) return bytes(size);
  return total > 1 ? `${Math.min(done, total)} of ${total}` : "";
}

/** The engine as a user knows it. */
export function engineName(report: EngineReport): string {
  if (report.name === "wonnx") {
    const on = report.adapter ? ` on ${report.adapter}` : "";
    const software = report.software_adapter ? ", a software one" : "";
    return `Graphics card (wonnx${on}${software})`;
  }
  return report.name === "simd" ? "Processor (SIMD)" : report.name;
}

/** A name as it is told: of a published database, nobody *is* anybody. */
export function naming(name: string, permit: Permit): string {
  return permit === "sure" ? `Looks like ${name}` : name;
}

/** "2 people: 1 named, 1 unknown." or, where all are alike, "2 unknown people." */
export function summary(answer: Answer, permit: Permit): string {
  const people = answer.matches.length;
  if (people === 0) return "No face found.";
  const unknown = answer.matches.filter((match) => match.unknown).length;
  if (unknown === people) return `${count(people, "unknown person", "unknown people")}.`;
  if (permit === "sure") {
    const looks = people === 1 ? "looks" : count(people - unknown, "looks", "look");
    const alike = `${looks} like somebody in the database`;
    return `${count(people, "person", "people")}: ${alike}${unknown > 0 ? `, ${unknown} unknown` : ""}.`;
  }
  if (unknown === 0) return `${count(people, "person", "people")} named.`;
  return `${count(people, "person", "people")}: ${people - unknown} named, ${unknown} unknown.`;
}

/** Disambiguation and country: what tells namesakes apart. */
export function origin(candidate: AnswerCandidate): string {
  const parts = [];
  if (candidate.disambiguation) parts.push(candidate.disambiguation);
  if (candidate.country) parts.push(country(candidate.country));
  return parts.join(", ");
}

function country(code: string): string {
  try {
    return new Intl.DisplayNames(["en"], { type: "region" }).of(code.toUpperCase()) ?? code;
  } catch {
    return code; // not a code at all: show it as it is
  }
}

/** Any thrown thing as a sentence. */
export function sentence(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error);
  const trimmed = text.trim() || "something went wrong without saying what; reload the page";
  const start = trimmed.charAt(0).toUpperCase() + trimmed.slice(1);
  return /[.!?]$/.test(start) ? start : `${start}.`;
}
