// Identifying what is on one page: from the click to the answer, and what is done with it. Outlives the
// tab it is shown in, and ends when the user leaves the page.

import type { Answer, Progress } from "../../web/client/index.ts";
import { NOTHING, allow, reject, type Decisions, type Place, type Run as Writes } from "./decisions.ts";
import type { Frames } from "./engine/frames.ts";
import { Known } from "./engine/known.ts";
import { idsOf } from "./engine/ids.ts";
import { session, type Session } from "./engine/session.ts";
import type { Still } from "./engine/stills.ts";
import { Listeners } from "./listeners.ts";
import { seen, type Proposal, type Seen } from "./people.ts";
import { sourceOf } from "./stash/endpoints.ts";
import type { Performer } from "./stash/library.ts";
import { decide } from "./stash/state.ts";
import { add, create, newRun, undo } from "./stash/writes.ts";
import { sentence, t, Told } from "./words.ts";

export type Step = Progress | { stage: "library" | "frames" | "compare"; done: number; total: number };

export interface On {
  signal: AbortSignal;
  provisional(answer: Answer): void;
  progress(step: Step): void;
  /** Hears what was read to get the frames. */
  frames(read: Read): void;
}

export type Read = Pick<Frames, "streamed" | "unplayable">;

/** What a page lets be identified: one scene, image or gallery. */
export interface Subject {
  place: Place;
  performers(): Promise<Performer[]>;
  identify(session: Session, expected: string[], on: On): Promise<Answer>;
  /** The one picture that the page shows now. */
  still?(): Promise<Still>;
  identifyStill?(session: Session, still: Still, expected: string[], on: On): Promise<Answer>;
}

export type Phase = "idle" | "working" | "done" | "failed";

export class Run {
  readonly subject: Subject;
  phase: Phase = "idle";
  step: Step | undefined;
  problem: { text: string; key: string | undefined } | undefined;
  answer: Answer | undefined;
  seen: Seen | undefined;
  session: Session | undefined;
  read: Read | undefined;
  /** What the last click wrote, to be said. */
  said = "";
  busy = false;
  readonly changes = new Listeners();
  readonly #known = new Known();
  #writes = newRun();
  #stop: AbortController | undefined;
  #decisions: Decisions = NOTHING;
  #tagged: Performer[] = [];

  constructor(subject: Subject) {
    this.subject = subject;
  }

  /** What this page's clicks have written and can be taken back, also those before a reload. */
  get writes(): Writes | undefined {
    return this.#decisions.journal.find(({ id, writes }) => id === this.#writes || writes.some((write) => "to" in write && write.to === this.subject.place));
  }

  /** Whether the user lets anything be written; settings that were not read yet forbid nothing. */
  get mayWrite(): boolean {
    return this.session?.configuration.settings.lookOnly !== true;
  }

  /** Identifies all of it, or only one picture. */
  async start(only?: () => Promise<Still>): Promise<void> {
    if (this.phase === "working") return;
    const stop = new AbortController();
    this.#stop = stop;
    this.#writes = newRun();
    this.#known.forget();
    Object.assign(this, { phase: "working", problem: undefined, answer: undefined, seen: undefined, step: undefined, read: undefined, said: "" });
    this.changes.tell();
    const progress = (step: Step): void => { if (!stop.signal.aborted) { this.step = step; this.changes.tell(); } };
    try {
      const [opened, tagged] = await Promise.all([session({ progress }), this.subject.performers()]);
      this.#tagged = tagged;
      if (stop.signal.aborted) return;
      this.session = opened;
      this.#decisions = await decide((decisions) => decisions);
      const frames = (read: Read): void => { this.read = read; };
      const on = { signal: stop.signal, progress, frames, provisional: (answer: Answer) => void this.#show(answer, stop.signal) };
      const { subject } = this;
      const expected = expectedOf(tagged);
      const answer = await (only && subject.identifyStill ? subject.identifyStill(opened, await only(), expected, on) : subject.identify(opened, expected, on));
      await this.#show(answer, stop.signal);
      if (!stop.signal.aborted) this.phase = "done";
    } catch (thrown) {
      if (stop.signal.aborted) return;
      this.phase = "failed";
      this.problem = problemOf(thrown);
    } finally {
      if (this.#stop === stop) this.#stop = undefined;
      this.changes.tell();
    }
  }

  cancel(): void {
    this.#stop?.abort();
    this.#stop = undefined;
    if (this.phase === "working") this.phase = this.answer ? "done" : "idle";
    this.changes.tell();
  }

  /** Reads the journal for a page where nothing was identified yet. */
  async recall(): Promise<void> {
    await this.#safely(async () => { this.#decisions = await decide((decisions) => decisions); });
  }

  add(who: readonly Performer[]): Promise<void> {
    return this.#write(async () => {
      await this.#addAll(who);
      this.said = t("added", { n: who.length, names: who.map(({ name }) => name).join(", ") });
    });
  }

  /** Creates somebody from a stash-box and adds them. */
  createAndAdd(proposal: Proposal): Promise<void> {
    return this.#write(async () => {
      if (hasUnsavedForm()) throw new Told("unsaved");
      const [endpoint, uuid] = this.source(proposal) ?? [];
      if (!endpoint || !uuid) throw new Told("noStashBox", { name: proposal.candidate.name });
      const { performer, withoutPicture } = await create(this.#writes, this.subject.place, endpoint, uuid);
      await this.#addAll([performer]);
      this.said = t(withoutPicture ? "createdWithoutPicture" : "created", { name: performer.name });
    });
  }

  /** Where a performer can be created from. */
  source({ candidate }: Proposal): [endpoint: string, uuid: string] | undefined {
    return this.session && sourceOf(candidate.stash_ids, this.session.configuration);
  }

  notThis(proposal: Proposal): Promise<void> {
    return this.#write(async () => {
      this.#decisions = await decide((decisions) => reject(decisions, this.subject.place, proposal.id));
      this.said = t("remembered", { name: proposal.candidate.name });
    });
  }

  again(ids: readonly string[]): Promise<void> {
    return this.#write(async () => {
      this.#decisions = await decide((decisions) => ids.reduce((all, id) => allow(all, this.subject.place, id), decisions));
    });
  }

  undo(): Promise<void> {
    return this.#write(async () => {
      const { writes } = this;
      if (!writes) return;
      if (hasUnsavedForm()) throw new Told("unsaved");
      await undo(writes);
      this.said = t("undone", { n: writes.writes.length });
    });
  }

  async #addAll(who: readonly Performer[]): Promise<void> {
    if (hasUnsavedForm()) throw new Told("unsaved");
    // Somebody else may have changed the scene meanwhile.
    const present = await this.subject.performers();
    await add(this.#writes, this.subject.place, present.map(({ id }) => id), who);
  }

  /** Writes one thing after the other, and shows the library as it is then. */
  async #write(how: () => Promise<void>): Promise<void> {
    if (this.busy) return;
    this.busy = true;
    this.said = "";
    this.problem = undefined;
    this.changes.tell();
    await this.#safely(how);
    await this.#safely(async () => {
      // Somebody was created or taken back, or has gone meanwhile.
      this.#known.forget();
      this.#tagged = await this.subject.performers();
      this.#decisions = await decide((decisions) => decisions);
      if (this.answer) await this.#show(this.answer);
    });
    this.busy = false;
    this.changes.tell();
  }

  async #safely(how: () => Promise<void>): Promise<void> {
    try {
      await how();
    } catch (thrown) {
      this.problem = problemOf(thrown);
    }
    this.changes.tell();
  }

  async #show(answer: Answer, signal?: AbortSignal): Promise<void> {
    const known = await this.#known.of(answer);
    // A slower question of an earlier answer must not overwrite a later one.
    if (signal?.aborted || (this.answer && !this.answer.provisional && answer.provisional)) return;
    this.answer = answer;
    this.seen = seen(answer, {
      tagged: this.#tagged, known, rejected: this.#decisions.rejected[this.subject.place] ?? [],
      minConfidence: this.session?.configuration.settings.minConfidence ?? 0.5,
    });
    this.changes.tell();
  }
}

/** Whether the page's edit form has changes: Stash would fill it anew, and they were lost. */
function hasUnsavedForm(): boolean {
  return document.querySelector("form .edit-button.btn-primary:not(:disabled)") !== null;
}

function problemOf(thrown: unknown): { text: string; key: string | undefined } {
  return { text: sentence(thrown), key: thrown instanceof Told ? thrown.key : undefined };
}

/** Tagged performers as answers name them. */
export function expectedOf(tagged: readonly Performer[]): string[] {
  return tagged.flatMap(idsOf);
}
