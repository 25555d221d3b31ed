// Whom the scenes and images that a performer is on speak for. Pure functions; find.ts does the looking.

import type { AnswerCandidate, Match } from "../../web/client/index.ts";
import { candidateIds, idsOf } from "./engine/ids.ts";
import type { Performer } from "./stash/library.ts";

/** A scene or an image, and who was seen there. */
export interface Place { performers: readonly Pick<Performer, "id" | "stash_ids">[]; matches: readonly Match[] }

/** Who is named in places that a performer is on, and is none of the others there: in two places or more, or
 *  where nobody else is tagged. Whoever is in most of them comes first. */
export function seenIn(places: readonly Place[], performer: { id: string }): { candidate: AnswerCandidate; places: number }[] {
  const all = new Map<string, { candidate: AnswerCandidate; places: number; alone: boolean }>();
  for (const { performers, matches } of places) {
    const others = performers.filter(({ id }) => id !== performer.id);
    const known = new Set(others.flatMap(idsOf));
    const named = new Map(matches.flatMap((match) => (match.unknown ? [] : [[match.performer_id, match] as const])));
    for (const [id, candidate] of named) {
      if (candidateIds(candidate).some((one) => known.has(one))) continue;
      const before = all.get(id);
      const surer = before && before.candidate.confidence > candidate.confidence ? before.candidate : candidate;
      all.set(id, { candidate: surer, places: (before?.places ?? 0) + 1, alone: before?.alone === true || others.length === 0 });
    }
  }
  const likely = [...all.values()].filter(({ places, alone }) => places > 1 || alone);
  return likely.sort((a, b) => b.places - a.places || b.candidate.confidence - a.candidate.confidence);
}
