// The user's own performers, learnt from their pictures in Stash. What was made of a picture is kept in
// this browser, so that later visits read only pictures that changed.

import type { Known, Rollcall } from "../../../web/client/index.ts";
import { base } from "../stash/api.ts";
import { byHost } from "../stash/endpoints.ts";
import { allPerformers, type Performer } from "../stash/library.ts";
import { rebase } from "../stash/paths.ts";
import { kindOf, modelsOf } from "./client.ts";
import { kept } from "./store.ts";

const PAGE = 250;
/** What is kept of a performer: the picture it is from, and its embeddings; null without one clear face. */
interface Lesson { picture: string; embeddings: Float32Array | null }
interface Pupil { performer: Performer; picture: string }
type Hear = (done: number, total: number) => void;

export class OwnLibrary {
  /** How many performers have a face that is known by now. */
  known = 0;
  readonly #rollcall: Rollcall;
  readonly #key: string;
  #waiting: Pupil[] = [];

  constructor(rollcall: Rollcall) {
    this.#rollcall = rollcall;
    this.#key = `library ${base.pathname} ${modelsOf(rollcall)} `;
  }

  /** Takes up what was kept; whoever is new or has another picture waits to be learnt. */
  async recall(hear: Hear): Promise<void> {
    const lessons = await kept.all(this.#key) as Map<string, Lesson>;
    let done = 0;
    for await (const { count, performers } of allPerformers(PAGE)) {
      for (const performer of performers) {
        hear(done++, count);
        const picture = pictureOf(performer);
        if (picture) await this.#recall({ performer, picture }, lessons.get(this.#key + performer.id));
      }
    }
  }

  async #recall(pupil: Pupil, lesson: Lesson | undefined): Promise<void> {
    if (lesson?.picture !== pupil.picture) this.#waiting.push(pupil);
    else if (lesson.embeddings) {
      await this.#rollcall.know(knownOf(pupil.performer), lesson.embeddings);
      this.known += 1;
    }
  }

  /** Learns at most so many of those who wait. The worker does one thing after the other: a scene that
   *  is asked for meanwhile waits for one picture only. */
  async learn(most: number, hear: Hear = () => undefined): Promise<void> {
    const total = Math.min(most, this.#waiting.length);
    for (let done = 0; done < total; done += 1) {
      const pupil = this.#waiting.shift();
      if (!pupil) return;
      hear(done, total);
      await this.#learn(pupil);
    }
  }

  async #learn({ performer, picture }: Pupil): Promise<void> {
    const response = await fetch(picture).catch(() => null);
    if (!response?.ok) return; // asked for again at the next visit
    const lesson = await this.#rollcall.learn(knownOf(performer), await response.blob()).catch((thrown: unknown) => {
      if (kindOf(thrown) === "picture") return null;
      throw thrown;
    });
    if (lesson) this.known += 1;
    await kept.put(this.#key + performer.id, { picture, embeddings: lesson } satisfies Lesson);
  }
}

/** The picture that the user gave; Stash's own stand-in for none shows nobody. */
export function pictureOf({ image_path: path }: Pick<Performer, "image_path">): string | undefined {
  if (path === null || new URL(path, base).searchParams.get("default") === "true") return undefined;
  return rebase(path, base.href);
}

function knownOf({ id, name, disambiguation, stash_ids }: Performer): Known {
  // Stash has an empty text for none.
  return { id: Number(id), name, disambiguation: disambiguation || null, stash_ids: byHost(stash_ids) };
}
