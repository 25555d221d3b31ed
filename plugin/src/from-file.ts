// The names of a queue file beside the library as it is now: scenes may be gone, people tagged.

import { directory, type Directory } from "./engine/known.ts";
import { sceneOf, type QueueFile, type QueuedScene } from "./queue-file.ts";
import { waiting, type Item } from "./queue.ts";
import type { Step } from "./run.ts";
import { scenesOf, type Scene } from "./stash/library.ts";

/** So many scenes come with one answer. */
const PAGE = 100;

export interface Compared {
  items: Item[];
  /** People who do not wait: tagged by now, rejected before, unsure, or not to be tagged by programs. */
  decided: number;
  /** Scenes that are not in Stash any more. */
  gone: number;
  /** Entries that make no sense. */
  broken: number;
}

/** What the user has decided and set. */
interface Beside {
  rejected: Readonly<Record<string, string[]>>;
  minConfidence: number;
}

export async function compared({ scenes }: QueueFile, beside: Beside, hear: (step: Step) => void): Promise<Compared> {
  const read = scenes.map(sceneOf);
  const queued = new Map<string, QueuedScene>();
  for (const scene of read) {
    const before = scene && queued.get(scene.id);
    if (scene) queued.set(scene.id, before ? { ...scene, matches: [...before.matches, ...scene.matches] } : scene);
  }
  const find = await directory();
  const all: Compared = {
    items: [], decided: 0, gone: queued.size,
    broken: read.reduce((sum, scene) => sum + (scene ? scene.broken : 1), 0),
  };
  for await (const page of scenesOf([...queued.keys()], PAGE)) {
    for (const scene of page) {
      const { matches = [] } = queued.get(scene.id) ?? {};
      const items = scene.organized ? [] : waitingFor(scene, matches, beside, find);
      all.items.push(...items);
      all.decided += matches.length - items.length;
      all.gone -= 1;
    }
    hear({ stage: "compare", done: queued.size - all.gone, total: queued.size });
  }
  return all;
}

/** Who waits of named people of a scene. */
export function waitingFor(scene: Scene, all: QueuedScene["matches"], { rejected, minConfidence }: Beside, find: Directory): Item[] {
  const matches = all.filter(({ confidence }) => confidence >= minConfidence);
  const candidates = matches.flatMap((match) => match.candidates);
  const known = new Map(candidates.flatMap((candidate) => {
    const performer = find(candidate);
    return performer ? [[candidate.performer_id, performer] as const] : [];
  }));
  return waiting(scene, { matches }, { tagged: scene.performers, known, rejected: rejected[`scene:${scene.id}`] ?? [], minConfidence });
}
