// What answers call performers of the user's library.

import type { AnswerCandidate } from "../../../web/client/index.ts";
import { checked, type StashId } from "../stash/endpoints.ts";

/** The number in Stash, as a uuid. */
const LOCAL = "local:00000000-0000-8000-8000-";

/** The number in Stash of somebody an answer knows from the library. */
export function numberOf(performerId: string): string | undefined {
  const digits = new RegExp(`^${LOCAL}([0-9a-f]{12})$`).exec(performerId)?.[1];
  return digits === undefined ? undefined : String(Number.parseInt(digits, 16));
}

/** All ids of somebody an answer names, those they had once last. */
export function candidateIds({ performer_id, stash_ids, merged_ids = [] }: Pick<AnswerCandidate, "performer_id" | "stash_ids" | "merged_ids">): string[] {
  return [performer_id, ...Object.entries(stash_ids).map((at) => at.join(":")), ...merged_ids];
}

/** All that answers may call a performer. */
export function idsOf({ id, stash_ids }: { id: string; stash_ids: readonly StashId[] }): string[] {
  return [LOCAL + Number(id).toString(16).padStart(12, "0"), ...checked(stash_ids).map((at) => at.join(":"))];
}
