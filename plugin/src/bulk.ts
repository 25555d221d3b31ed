// Scanning many scenes: one after the other, with a checkpoint after each. Nothing is written to the
// library by the scan; the review does, when the user says so.

import { reject, review, type Place } from "./decisions.ts";
import { kindOf } from "./engine/client.ts";
import { framesOf } from "./engine/frames.ts";
import { Known } from "./engine/known.ts";
import { configure, session, type Session } from "./engine/session.ts";
import { kept, room } from "./engine/store.ts";
import { Listeners } from "./listeners.ts";
import type { Proposal } from "./people.ts";
import { FRESH, about, failed, filterOf, joined, keyOf, looked, scanOf, without, type Item, type Scan } from "./queue.ts";
import { readQueue } from "./queue-file.ts";
import { compared } from "./from-file.ts";
import { expectedOf, type Step } from "./run.ts";
import { chosen, type SavedFilter } from "./saved-filter.ts";
import { keepSeen, tidySeen } from "./seen.ts";
import { assets, base } from "./stash/api.ts";
import { sourceOf } from "./stash/endpoints.ts";
import { ask, change } from "./stash/graphql.ts";
import { scene as findScene, scenes, tagNamed, type Performer, type Scene } from "./stash/library.ts";
import { decide } from "./stash/state.ts";
import { add, create, newRun, undo } from "./stash/writes.ts";
import { Tabs } from "./tabs.ts";
import { databaseLine } from "./ui/lines.ts";
import { day, sentence, t, Told } from "./words.ts";
import backupDocument from "./graphql/backup.graphql";
import filtersDocument from "./graphql/saved-filters.graphql";

/** So many scenes are asked for at once. */
const PAGE = 20;
/** What everything that the review added is tagged with. */
const TAG = "rollcall:added";
const KEY = `bulk ${base.pathname}`;
const ITEMS = `${KEY} item `;

class Bulk {
  scan: Scan = FRESH;
  state: "loading" | "paused" | "running" | "finished" = "loading";
  step: Step | undefined;
  /** What the last scene was looked at with. */
  session: Session | undefined;
  /** How far the file that is being opened has come. */
  opening: Step | undefined;
  now = "";
  problem = "";
  said = "";
  /** Whether a backup was made, or not wanted, in this visit. */
  backedUp = false;
  filters: SavedFilter[] = [];
  readonly changes = new Listeners();
  readonly #known = new Known();
  readonly #run = newRun();
  readonly #tabs = new Tabs(() => this.#beginning || this.state === "running", () => this.#forget());
  #stop: AbortController | undefined;
  #beginning = false;
  #undo: { item: Item; run: string }[] = [];
  #last: Promise<unknown> = Promise.resolve();

  async load(): Promise<void> {
    if (this.state !== "loading") return;
    await this.#read();
    // Whoever may not be kept any longer is not counted, either.
    await configure().then(({ settings }) => tidySeen(settings)).catch(() => undefined);
    this.state = "paused";
    this.changes.tell();
  }

  async #read(): Promise<void> {
    this.scan = scanOf(await kept.get(KEY), (await kept.all(ITEMS)).values());
  }

  /** Scans, from where this tab and the others have left it and after `prepare`; not while another tab
   *  does, nor for a second click while the first one is on its way. */
  async #begin(prepare?: () => Promise<void>): Promise<void> {
    if (this.#beginning || this.state === "running") return;
    this.#beginning = true;
    try {
      if (await this.#tabs.scan()) {
        this.problem = t("scansElsewhere");
        return;
      }
      await this.#last;
      // Where nothing can be kept, what is in memory is all there is.
      if (!room.missing) await this.#read();
      await prepare?.();
    } finally {
      this.#beginning = false;
      this.changes.tell();
    }
    await this.#go();
  }

  /** The filters that the user has saved in Stash. */
  async loadFilters(): Promise<void> {
    // Without them the usual scenes are there to be chosen.
    this.filters = (await ask(filtersDocument, {}).catch(() => ({ findSavedFilters: [] }))).findSavedFilters;
    this.changes.tell();
  }

  /** Begins anew, with scenes without performers, with others, too, or with those of a saved filter. */
  async startOver(which: { withPerformers: boolean } | { filter: SavedFilter }): Promise<void> {
    this.pause();
    Object.assign(this, { problem: "", said: "" });
    let what: Pick<Scan, "withPerformers" | "filter">;
    try {
      what = "filter" in which ? { withPerformers: true, filter: chosen(which.filter) } : which;
    } catch (thrown) {
      this.problem = sentence(thrown);
      this.changes.tell();
      return;
    }
    await this.#begin(async () => {
      // Before the first scan the names of a file may wait.
      const queue = this.scan.cursor > 0 ? [] : this.scan.queue;
      if (queue.length === 0) await kept.without(ITEMS);
      await this.#checkpoint({ ...FRESH, ...what, queue });
    });
  }

  /** Takes the names of a file of `rollcall scan` into the queue. Writes nothing to the library. */
  async open(file: File): Promise<void> {
    if (this.opening) return;
    Object.assign(this, { opening: { stage: "compare", done: 0, total: 0 }, problem: "", said: "" });
    this.changes.tell();
    try {
      const read = await readQueue(file);
      const { settings: { minConfidence }, decisions: { rejected } } = await configure();
      const found = await compared(read, { rejected, minConfidence }, (step) => { this.opening = step; this.changes.tell(); });
      const before = this.scan.queue.length;
      await this.#keep(joined(this.scan, found.items));
      const added = this.scan.queue.length - before;
      const { decided, gone, broken } = found;
      const made = t("queueMade", { date: day(read.created), database: databaseLine(read.database) });
      const left = [["queueDecided", decided + found.items.length - added], ["queueGone", gone], ["queueUnread", broken]] as const;
      this.said = [t("queueOpened", { n: added }), ...left.flatMap(([key, n]) => (n > 0 ? [t(key, { n })] : [])), made].join(" ");
    } catch (thrown) {
      this.problem = sentence(thrown);
    }
    this.opening = undefined;
    this.changes.tell();
  }

  /** Takes more people into the queue. */
  async take(items: readonly Item[]): Promise<void> {
    await this.load();
    if (items.length > 0) await this.#keep(joined(this.scan, items));
  }

  /** Ends the scan and what it has found; what the browser kept of it is the caller's to delete. */
  forget(): void {
    this.#tabs.forget();
    this.#forget();
  }

  #forget(): void {
    this.pause();
    Object.assign(this, { scan: FRESH, state: "paused", problem: "", said: "" });
    this.#undo = [];
    this.changes.tell();
  }

  pause(): void {
    this.#stop?.abort();
    this.#stop = undefined;
    if (this.state === "running") this.state = "paused";
    this.changes.tell();
  }

  /** Goes on from the checkpoint. */
  go(): Promise<void> {
    return this.#begin();
  }

  async #go(): Promise<void> {
    const stop = new AbortController();
    this.#stop = stop;
    Object.assign(this, { state: "running", problem: "" });
    this.changes.tell();
    try {
      await this.#scenes(stop.signal);
      if (!stop.signal.aborted) this.state = "finished";
    } catch (thrown) {
      if (stop.signal.aborted) return;
      this.problem = sentence(thrown);
      this.state = "paused";
    }
    this.changes.tell();
  }

  async #scenes(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      const found = await scenes(filterOf(this.scan), 1, PAGE, "id", this.scan.filter?.q);
      this.scan = { ...this.scan, total: this.scan.done + found.count };
      if (found.scenes.length === 0) return;
      for (const scene of found.scenes) {
        if (signal.aborted) return;
        this.now = about(scene).title;
        this.changes.tell();
        const then = await this.#look(scene, signal);
        if (signal.aborted) return;
        // The user may have gone through some of the queue meanwhile.
        await this.#checkpoint(then(this.scan));
      }
    }
  }

  async #look(scene: Scene, signal: AbortSignal): Promise<(scan: Scan) => Scan> {
    const progress = (step: Step): void => { this.step = step; this.changes.tell(); };
    // What goes wrong here concerns all scenes, and ends the scan.
    const opened = await session({ progress });
    this.session = opened;
    try {
      const frames = await framesOf(scene, { base: base.href, signal });
      const expected = expectedOf(scene.performers);
      const keep = opened.configuration.settings.keepSeen;
      const { answer, kept } = await opened.rollcall.identifyScene({ ...frames, expected, keep }, { signal, progress });
      if (kept) await keepSeen(opened, scene.id, expected, answer, kept);
      const decisions = await decide((decisions) => decisions);
      const beside = {
        tagged: scene.performers, known: await this.#known.of(answer),
        rejected: decisions.rejected[`scene:${scene.id}`] ?? [], minConfidence: opened.configuration.settings.minConfidence,
      };
      return (scan) => looked(scan, scene, answer, beside);
    } catch (thrown) {
      if (thrown instanceof Told && thrown.key === "signedOut") throw thrown;
      // Another database, or other settings: the same scene again, with those.
      if (kindOf(thrown) === "closed") return this.#look(scene, signal);
      const why = sentence(thrown);
      // A worker that cannot be had, mostly after an update of the plugin, is missing for all scenes.
      if (kindOf(thrown) === "network" && why.includes(assets.href)) throw new Told("partMissing");
      return (scan) => failed(scan, scene, why);
    }
  }

  backup(): Promise<void> {
    return this.#write(async () => {
      await change(backupDocument, {});
      this.backedUp = true;
      this.said = t("backedUp");
    });
  }

  accept(item: Item): Promise<void> {
    return this.#decide(item, async () => {
      const { best } = item.person;
      if (!best) return;
      const run = `${this.#run}-${item.scene.id}-${best.id}`;
      const performer = best.performer ?? (await this.#create(best, run, `scene:${item.scene.id}`));
      const scene = await findScene(item.scene.id);
      await add(run, `scene:${scene.id}`, scene.performers.map(({ id }) => id), [performer], await tagNamed(TAG));
      this.#undo.push({ item, run });
      this.said = t("added", { n: 1, names: performer.name });
    });
  }

  async #create({ candidate }: Proposal, run: string, place: Place): Promise<Performer> {
    const [endpoint, uuid] = sourceOf(candidate.stash_ids, (await session()).configuration) ?? [];
    if (!endpoint || !uuid) throw new Told("noStashBox", { name: candidate.name });
    return (await create(run, place, endpoint, uuid)).performer;
  }

  refuse(item: Item): Promise<void> {
    return this.#decide(item, async () => {
      const id = item.person.best?.id;
      if (id) await decide((decisions) => reject(decisions, `scene:${item.scene.id}`, id));
    });
  }

  skip(item: Item): Promise<void> {
    return this.#decide(item, async () => undefined);
  }

  /** Takes the last acceptance of this visit back. */
  undoLast(): Promise<void> {
    return this.#write(async () => {
      const last = this.#undo.pop();
      if (!last) return;
      const run = (await decide((decisions) => decisions)).journal.find(({ id }) => id === last.run);
      if (run) await undo(run);
      await this.#keep({ ...this.scan, queue: [last.item, ...this.scan.queue] });
      this.said = t("undone", { n: 1 });
    });
  }

  /** Takes somebody from the queue at once, so that the next key is for the next one; who could not be
   *  written comes back. */
  #decide(item: Item, how: () => Promise<void>): Promise<void> {
    this.scan = without(this.scan, item);
    this.changes.tell();
    return this.#write(async () => {
      try {
        await how();
      } catch (thrown) {
        this.scan = { ...this.scan, queue: [item, ...this.scan.queue] };
        throw thrown;
      }
      await kept.change([], [ITEMS + keyOf(item)]);
      if (!this.scan.queue.some(({ scene }) => scene.id === item.scene.id)) await decide((decisions) => review(decisions, item.scene.id));
    });
  }

  /** One thing is written after the other, however fast the keys are. */
  #write(how: () => Promise<void>): Promise<void> {
    const next = this.#last.then(async () => {
      this.problem = "";
      await how().catch((thrown: unknown) => { this.problem = sentence(thrown); });
      this.changes.tell();
    });
    this.#last = next;
    return next;
  }

  /** Keeps where the scan of this tab is, and those who are new in its queue. */
  async #checkpoint(scan: Scan): Promise<void> {
    await this.#keep(scan, [[KEY, { ...scan, queue: [] }]]);
  }

  /** Keeps those who are new in the queue, and something else. */
  async #keep(scan: Scan, more: [string, unknown][] = []): Promise<void> {
    const before = new Set(this.scan.queue);
    const added = scan.queue.filter((item) => !before.has(item));
    this.scan = scan;
    await kept.change([...more, ...added.map((item) => [ITEMS + keyOf(item), item] as const)]);
    this.changes.tell();
  }
}

/** One for the visit: a scan goes on while the user is on other pages of Stash. */
export const scanning = new Bulk();
