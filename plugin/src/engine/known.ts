// Who the candidates of an answer are in the user's library. Never by name.

import type { Answer, AnswerCandidate } from "../../../web/client/index.ts";
import { isUuid } from "../stash/endpoints.ts";
import { allPerformers, performer, performerAt, type Performer } from "../stash/library.ts";
import { candidateIds, idsOf, numberOf } from "./ids.ts";

/** So many performers come with one answer. */
const PAGE = 250;

/** Remembers answers for one run, so that no question is asked twice. */
export class Known {
  readonly #asked = new Map<string, Promise<Performer | undefined>>();

  /** Everybody an answer names, by `host:uuid`. */
  async of(answer: Answer): Promise<Map<string, Performer>> {
    const candidates = answer.matches.flatMap((match) => match.candidates);
    const found = await Promise.all(candidates.map(async (candidate) => [candidate.performer_id, await this.#find(candidate)] as const));
    return new Map(found.flatMap(([id, who]) => (who ? [[id, who] as const] : [])));
  }

  /** Asks again: somebody was created, linked or deleted. */
  forget(): void {
    this.#asked.clear();
  }

  #find(candidate: AnswerCandidate): Promise<Performer | undefined> {
    const { performer_id: id } = candidate;
    const asked = this.#asked.get(id) ?? find(candidate);
    this.#asked.set(id, asked);
    return asked;
  }
}

async function find(candidate: AnswerCandidate): Promise<Performer | undefined> {
  const number = numberOf(candidate.performer_id);
  if (number !== undefined) return (await performer(number)) ?? undefined;
  for (const id of new Set(candidateIds(candidate))) {
    const [host = "", uuid] = id.split(":");
    if (!isUuid(uuid) || host === "local") continue;
    const same = await performerAt(host, uuid);
    if (same) return same;
  }
  return undefined;
}

/** Who a candidate is in the library. */
export type Directory = (candidate: AnswerCandidate) => Performer | undefined;

/** The whole library at once, for more candidates than one asks for singly. */
export async function directory(): Promise<Directory> {
  const all = new Map<string, Performer>();
  for await (const { performers } of allPerformers(PAGE)) {
    for (const one of performers) for (const id of idsOf(one)) all.set(id, one);
  }
  return (candidate) => candidateIds(candidate).flatMap((id) => all.get(id) ?? [])[0];
}
