// People without a name, brought together over scenes by their faces. Naming a group puts the performer into
// the review for each of its scenes; nothing is written by that.

import type { Member } from "../../web/client/index.ts";
import { scanning } from "./bulk.ts";
import { idsOf } from "./engine/ids.ts";
import { configure, endSession, session } from "./engine/session.ts";
import { Listeners } from "./listeners.ts";
import { about, type Item } from "./queue.ts";
import type { Step } from "./run.ts";
import { markDone, tidySeen, unknowns, type Unknown } from "./seen.ts";
import { scenesOf, type Performer, type Scene } from "./stash/library.ts";
import { decide, set } from "./stash/state.ts";
import { createNamed, newRun } from "./stash/writes.ts";
import { sentence, t } from "./words.ts";

/** Of more scenes the newest are looked at: core takes 5,000 people. */
const MOST_SCENES = 5000;
/** So many groups are shown, the largest. */
const MOST_GROUPS = 60;
const PAGE = 100;

/** Somebody in one scene. */
export interface Face { scene: Item["scene"]; day: number; person: number; appearances: number; faces: Member["faces"]; thumbnail: string | undefined }
export type Group = Face[];

class Nameless {
  state: "idle" | "working" | "done" = "idle";
  step: Step | undefined;
  /** For how many days people without a name are kept; undefined until it is known. */
  days: number | undefined;
  lookOnly = false;
  groups: Group[] = [];
  said = "";
  problem = "";
  readonly changes = new Listeners();

  async load(): Promise<void> {
    await this.#safely(async () => {
      const { settings } = await configure();
      Object.assign(this, { days: settings.keepUnknown, lookOnly: settings.lookOnly });
    });
  }

  /** Keeps people without a name for so many days from now on; 0: not at all, and those there are go. */
  keep(days: number): Promise<void> {
    return this.#safely(async () => {
      await set("keepUnknown", days);
      const { settings } = await configure();
      await tidySeen(settings);
      await endSession();
      this.forget();
      this.days = settings.keepUnknown;
    });
  }

  forget(): void {
    Object.assign(this, { state: "idle", groups: [], said: "", problem: "" });
    this.changes.tell();
  }

  async group(): Promise<void> {
    if (this.state === "working") return;
    Object.assign(this, { state: "working", groups: [] });
    await this.#safely(async () => {
      const { rollcall } = await session({ progress: (step) => { this.step = step; this.changes.tell(); } });
      const kept = await unknowns(MOST_SCENES);
      const groups = await rollcall.groupUnknown(kept.map(({ unknown }) => unknown));
      this.groups = (await located(groups, kept)).slice(0, MOST_GROUPS);
      this.said = t("unknownGroups", { n: this.groups.length, scenes: kept.length });
    });
    this.state = this.problem ? "idle" : "done";
    this.changes.tell();
  }

  /** Puts a performer into the review for all scenes of a group. */
  name(group: Group, performer: Performer): Promise<void> {
    return this.#safely(async () => {
      const items = await proposals(group, performer);
      await scanning.take(items);
      await this.#done(group);
      this.said = t("unknownNamed", { n: items.length, name: performer.name });
    });
  }

  /** Creates a performer of this name, and does the same. */
  create(group: Group, name: string): Promise<void> {
    return this.#safely(async () => {
      const performer = await createNamed(newRun(), `scene:${group[0]?.scene.id ?? ""}`, name);
      await this.name(group, performer);
    });
  }

  /** Shows a group no more. */
  leave(group: Group): Promise<void> {
    return this.#safely(() => this.#done(group));
  }

  async #done(group: Group): Promise<void> {
    await markDone(group.map(({ scene: { id }, day, person }) => ({ id, day, person })));
    this.groups = this.groups.filter((other) => other !== group);
  }

  async #safely(how: () => Promise<void>): Promise<void> {
    Object.assign(this, { problem: "", said: "" });
    this.changes.tell();
    await how().catch((thrown: unknown) => { this.problem = sentence(thrown); });
    this.changes.tell();
  }
}

/** Groups with the scenes they are in, those with two or more that are in Stash; the largest first. */
async function located(groups: readonly Member[][], kept: readonly Unknown[]): Promise<Group[]> {
  const left = groups.map((group) => group.flatMap((member) => {
    const of = kept[member.scene];
    return of && !of.done.includes(member.person) ? [{ member, of }] : [];
  }));
  const scenes = await titles(left.flatMap((group) => group.map(({ of }) => of.id)));
  const all = left.map((group) => group.flatMap(({ member: { person, appearances, faces, face_thumbnail }, of: { id, day } }): Face[] => {
    const scene = scenes.get(id);
    return scene ? [{ scene: about(scene), day, person, appearances, faces, thumbnail: face_thumbnail ?? undefined }] : [];
  }));
  const count = (group: Group): number => new Set(group.map(({ scene }) => scene.id)).size;
  return all.filter((group) => count(group) > 1).sort((a, b) => count(b) - count(a));
}

async function titles(ids: readonly string[]): Promise<Map<string, Scene>> {
  const all = new Map<string, Scene>();
  for await (const page of scenesOf(ids, PAGE)) for (const scene of page) all.set(scene.id, scene);
  return all;
}

/** One for each scene where the performer is not yet and was not refused. */
async function proposals(group: Group, performer: Performer): Promise<Item[]> {
  const ids = idsOf(performer);
  const [id = ""] = ids;
  const { rejected } = await decide((decisions) => decisions);
  const items: Item[] = [];
  for (const scene of (await titles(group.map((face) => face.scene.id))).values()) {
    if (scene.organized || scene.performers.some((one) => one.id === performer.id) || rejected[`scene:${scene.id}`]?.some((no) => ids.includes(no))) continue;
    const looks = group.filter((face) => face.scene.id === scene.id);
    const candidate = {
      performer_id: id, name: performer.name, disambiguation: performer.disambiguation, country: null, confidence: 1, similarity: 1,
      stash_ids: {}, stashdb_id: null, image_url: null, stashdb_url: null,
    };
    items.push({ scene: about(scene), person: {
      key: id, thumbnail: looks[0]?.thumbnail, appearances: looks.reduce((sum, { appearances }) => sum + appearances, 0),
      faces: looks.flatMap(({ faces }) => faces).slice(0, 8),
      best: { id, candidate, grade: "sure", performer, tagged: false }, others: [], why: undefined, rejected: [], byUser: true,
    } });
  }
  return items;
}

/** One for the visit. */
export const nameless = new Nameless();
