// How good names are, on scenes whose performers are known. Pure functions; trial.ts does the looking.

import type { Answer } from "../../web/client/index.ts";
import { certaintyOf, type Certainty } from "../../web/client/certainty.ts";
import { candidateIds, idsOf } from "./engine/ids.ts";
import type { Performer } from "./stash/library.ts";

/** The name that came first for somebody in a scene. */
export interface Verdict {
  scene: { id: string; title: string };
  name: string;
  confidence: number;
  /** Whether they are tagged there. */
  right: boolean;
}

export interface Outcome {
  verdicts: Verdict[];
  /** How many performers there were to be found, each in each of their scenes. */
  tagged: number;
}

export interface Figures {
  names: number;
  /** Share of the names that are right; undefined without names. */
  precision: number | undefined;
  /** Share of the tagged performers who were found; undefined without any. */
  recall: number | undefined;
}

/** So many names say something. */
const ENOUGH = 10;
/** What a suggestion is to reach: one wrong name in twenty is what people put up with. */
const WANTED = 0.95;

/** Lays an answer beside the performers of its scene; each name counts once, where it is surest. */
export function judged(scene: Verdict["scene"], answer: Pick<Answer, "matches">, performers: readonly Performer[]): Verdict[] {
  const tagged = performers.map((one) => ({ one, ids: new Set(idsOf(one)) }));
  const surest = new Map<string, Verdict>();
  for (const { candidates: [first] } of answer.matches) {
    if (!first) continue;
    const ids = candidateIds(first);
    const who = tagged.find((other) => ids.some((id) => other.ids.has(id)))?.one;
    const key = who ? `tagged ${who.id}` : first.performer_id;
    if ((surest.get(key)?.confidence ?? -1) < first.confidence) surest.set(key, { scene, name: first.name, confidence: first.confidence, right: who !== undefined });
  }
  return [...surest.values()];
}

/** The figures of the names that are as sure as this, or surer. */
export function figures({ verdicts, tagged }: Outcome, least: number): Figures {
  const names = verdicts.filter(({ confidence }) => confidence >= least);
  const right = names.filter((one) => one.right).length;
  return {
    names: names.length,
    precision: names.length > 0 ? right / names.length : undefined,
    recall: tagged > 0 ? right / tagged : undefined,
  };
}

const WORDS: readonly Certainty[] = ["sure", "likely", "look"];

/** The figures of each word; the recall is that of the word and of the surer ones. */
export function perWord(outcome: Outcome, minConfidence: number): { word: Certainty; figures: Figures }[] {
  return WORDS.map((word, place) => {
    const surer = WORDS.slice(0, place + 1);
    const of = (words: readonly Certainty[]): Outcome =>
      ({ ...outcome, verdicts: outcome.verdicts.filter(({ confidence }) => words.includes(certaintyOf(confidence))) });
    return { word, figures: { ...figures(of([word]), minConfidence), recall: figures(of(surer), minConfidence).recall } };
  });
}

/** The lowest threshold, in steps of 0.05, from which on names are right often enough. */
export function suggested(outcome: Outcome): number | undefined {
  const steps = Array.from({ length: 15 }, (_, i) => (i + 5) / 20);
  return steps.find((least) => {
    const { names, precision } = figures(outcome, least);
    return names >= ENOUGH && precision !== undefined && precision >= WANTED;
  });
}
