// An answer as the user sees it: beside the library, and after what the user has decided.

import type { Answer, AnswerCandidate, AnswerFace, Match, Why } from "../../web/client/index.ts";
import { certaintyOf, type Certainty } from "../../web/client/certainty.ts";
import { candidateIds } from "./engine/ids.ts";
import type { Performer } from "./stash/library.ts";

export interface Proposal {
  /** `host:uuid`. */
  id: string;
  candidate: AnswerCandidate;
  grade: Certainty;
  /** Who this is in the user's library. */
  performer: Performer | undefined;
  /** Whether they are on the scene already. */
  tagged: boolean;
}

export interface Person {
  /** The same from one answer of a run to the next, as far as anybody can tell. */
  key: string;
  thumbnail: string | undefined;
  appearances: number;
  faces: AnswerFace[];
  /** Who this probably is; nobody for an unknown person. */
  best: Proposal | undefined;
  /** Who else comes into question. */
  others: Proposal[];
  why: Why | undefined;
  /** The one who was first, and was said not to be it. */
  rejected: string[];
  /** The user has said who it is, here or in a group of scenes. */
  byUser?: true;
}

export interface Seen {
  people: Person[];
  /** Tagged, but seen nowhere. */
  unseen: Performer[];
}

/** What an answer is laid beside. */
export interface Beside {
  /** Performers on the scene, by now. */
  tagged: readonly Performer[];
  /** Who candidates are in the library, by `host:uuid`. */
  known: ReadonlyMap<string, Performer>;
  /** Who somebody here is not, by `host:uuid`. */
  rejected: readonly string[];
  minConfidence: number;
}

export function seen(answer: Pick<Answer, "matches">, beside: Beside): Seen {
  const people = answer.matches.map((match, place) => person(match, place, beside));
  const found = new Set(people.flatMap(({ best }) => best?.performer?.id ?? []));
  return { people, unseen: beside.tagged.filter(({ id }) => !found.has(id)) };
}

function person(match: Match, place: number, beside: Beside): Person {
  const proposals = match.candidates.map((candidate) => proposal(candidate, beside));
  const named = match.unknown ? undefined : match.performer_id;
  // A no counts under every id: a stash-box may have merged the one it was said of since.
  const noes = new Map(proposals.map((one) => [one, candidateIds(one.candidate).filter((id) => beside.rejected.includes(id))]));
  const left = proposals.filter((one) => noes.get(one)?.length === 0);
  // Core named one of them; if the user said no to that one, the next takes its place if sure enough.
  const best = left.find(({ id }) => id === named)
    ?? (proposals.some(({ id }) => id === named) ? left.find(({ candidate }) => candidate.confidence >= beside.minConfidence) : undefined);
  return {
    key: best?.id ?? `face-${match.faces[0]?.frame ?? 0}-${Math.round(match.faces[0]?.box.x ?? place)}`,
    thumbnail: match.face_thumbnail?.startsWith("data:image/") ? match.face_thumbnail : undefined,
    appearances: match.appearances,
    faces: match.faces,
    best,
    others: left.filter((other) => other !== best),
    why: match.unknown ? undefined : match.why,
    rejected: [...new Set([...noes.values()].flat())],
  };
}

function proposal(candidate: AnswerCandidate, beside: Beside): Proposal {
  const performer = beside.known.get(candidate.performer_id);
  return {
    id: candidate.performer_id,
    candidate,
    grade: certaintyOf(candidate.confidence),
    performer,
    tagged: performer !== undefined && beside.tagged.some(({ id }) => id === performer.id),
  };
}

/** Those whom one click adds: sure, in the library, and not on the scene yet. */
export function addable(people: readonly Person[]): Performer[] {
  const sure = people.flatMap(({ best }) => (best?.grade === "sure" && !best.tagged && best.performer ? [best.performer] : []));
  return sure.filter((performer, place) => sure.findIndex(({ id }) => id === performer.id) === place);
}

/** The moments to jump to: whole seconds, in order, at most `limit` and evenly spread. */
export function moments(faces: readonly AnswerFace[], limit: number): number[] {
  const times = [...new Set(faces.flatMap(({ time }) => (time === null ? [] : [Math.floor(time)])))].sort((a, b) => a - b);
  if (times.length <= limit) return times;
  return Array.from({ length: limit }, (_, i) => times[Math.floor((i * times.length) / limit)] ?? 0);
}
