// Everything that changes the user's library. The journal has a note of each thing before it is written:
// a page that dies in between leaves nothing that cannot be taken back.

import { amend, record, forget, type Decisions, type Place, type Run, type Write } from "../decisions.ts";
import { certain, Told } from "../words.ts";
import { hostOf, isUuid, type StashId } from "./endpoints.ts";
import { ask, change, wasRefused } from "./graphql.ts";
import { performer as findPerformer, performerAt, type Performer, type UsedPerformer } from "./library.ts";
import { createInput, type CreateInput, type Scraped } from "./scraped.ts";
import { configuration, decide } from "./state.ts";
import addToGalleries from "../graphql/add-to-galleries.graphql";
import addToImages from "../graphql/add-to-images.graphql";
import addToScenes from "../graphql/add-to-scenes.graphql";
import createDocument from "../graphql/create-performer.graphql";
import destroyDocument from "../graphql/destroy-performer.graphql";
import scrapeDocument from "../graphql/scrape-performer.graphql";
import updateDocument from "../graphql/update-performer.graphql";

export function newRun(): string {
  return `${Date.now().toString(36)}-${Math.random().toString(36).slice(2, 8)}`;
}

/** Whatever a page still shows: who only wants to look gets nothing changed. */
async function mayWrite(): Promise<void> {
  if ((await configuration()).settings.lookOnly) throw new Told("lookOnlyOn");
}

async function bulk(place: Place, performers: string[], mode: "ADD" | "REMOVE", tag?: string): Promise<void> {
  const [kind, id = ""] = place.split(":");
  const what = { ids: [id], performers: { ids: performers, mode } };
  if (kind === "image") await change(addToImages, what);
  else if (kind === "gallery") await change(addToGalleries, what);
  else await change(addToScenes, tag === undefined ? what : { ...what, tags: { ids: [tag], mode } });
}

/** Adds performers beside those that are there. `present` are their ids: what was there before is
 *  not ours to take back. `tag` is put on a scene as well. */
export async function add(run: string, place: Place, present: readonly string[], who: readonly Performer[], tag?: string): Promise<void> {
  const missing = who.filter(({ id }) => !present.includes(id));
  if (missing.length === 0) return;
  await mayWrite();
  const tagged = tag === undefined ? {} : { tag };
  const writes = missing.map(({ id, name }): Write => ({ kind: "add", to: place, performer: id, name, ...tagged }));
  await noted(run, writes, () => bulk(place, missing.map(({ id }) => id), "ADD", tag));
}

/** Notes what is going to be written, and writes it. What Stash refuses did not happen, and the note goes
 *  again; what a broken connection left open may have happened. */
async function noted<T>(run: string, writes: Write[], how: () => Promise<T>): Promise<T> {
  await decide((decisions) => record(decisions, run, new Date().toISOString(), writes));
  try {
    return await how();
  } catch (thrown) {
    const gone = (decisions: Decisions): Decisions => writes.reduce((all, write) => amend(all, run, write, []), decisions);
    // Whose login has ended cannot change the journal either: undoing what never happened does no harm.
    if (wasRefused(thrown)) await decide(gone).catch(() => undefined);
    throw thrown;
  }
}

/** A performer of a stash-box, from there. */
async function scraped(endpoint: string, uuid: string): Promise<Scraped> {
  const { scrapeSinglePerformer: found } = await ask(scrapeDocument, { endpoint, query: uuid });
  const exact = found.find(({ remote_site_id }) => remote_site_id === uuid);
  if (!exact) throw new Told("notAtStashBox", { host: hostOf(endpoint) });
  return exact;
}

/** Creates a performer from a stash-box's data, by uuid alone, for a place; one who is in the library
 *  already is taken instead. Where Stash cannot fetch the picture, without it. */
export async function create(run: string, place: Place, endpoint: string, uuid: string): Promise<{ performer: Performer; withoutPicture: boolean }> {
  await mayWrite();
  if (!isUuid(uuid)) throw new Told("notAtStashBox", { host: hostOf(endpoint) });
  const there = await performerAt(hostOf(endpoint), uuid);
  if (there) return { performer: there, withoutPicture: false };
  const input = createInput(await scraped(endpoint, uuid), endpoint);
  const write: Write = { kind: "create", to: place, performer: "", name: input.name, endpoint, stash_id: uuid };
  const made = await noted(run, [write], () => make(input));
  const { id, name } = made.performer;
  await decide((decisions) => amend(decisions, run, write, [{ ...write, performer: id, name }]));
  return made;
}

/** Creates a performer of whom nothing is known but the name that the user gave. */
export async function createNamed(run: string, place: Place, name: string): Promise<Performer> {
  await mayWrite();
  const write: Write = { kind: "create", to: place, performer: "", name, endpoint: "", stash_id: "" };
  const { performer } = await noted(run, [write], () => make({ name }));
  await decide((decisions) => amend(decisions, run, write, [{ ...write, performer: performer.id }]));
  return performer;
}

async function make(input: CreateInput): Promise<{ performer: Performer; withoutPicture: boolean }> {
  const send = async (input: CreateInput): Promise<Performer> => certain((await change(createDocument, { input })).performerCreate, "gone");
  try {
    return { performer: await send(input), withoutPicture: false };
  } catch (thrown) {
    if (!("image" in input) || !wasRefused(thrown) || /already exists|unique/i.test(String(thrown))) throw thrown;
    const { image: _, ...rest } = input;
    return { performer: await send(rest), withoutPicture: true };
  }
}

/** Links a performer with one of a stash-box. Stash replaces the list, so it is read just before. */
export async function link(run: string, performerId: string, endpoint: string, uuid: string): Promise<void> {
  await mayWrite();
  const performer = await findPerformer(performerId);
  if (!performer) throw new Told("gone");
  if (performer.stash_ids.some((id) => hostOf(id.endpoint) === hostOf(endpoint))) throw new Told("linkedAlready", { host: hostOf(endpoint) });
  const write: Write = { kind: "link", performer: performerId, name: performer.name, endpoint, stash_id: uuid };
  await noted(run, [write], () => writeIds(performerId, [...performer.stash_ids, { endpoint, stash_id: uuid }]));
}

async function writeIds(id: string, ids: readonly StashId[]): Promise<void> {
  const stash_ids = ids.map(({ endpoint, stash_id }) => ({ endpoint, stash_id }));
  await change(updateDocument, { input: { id, stash_ids } });
}

/** Takes a run back, last write first. What cannot be taken back stays in the journal, and the first
 *  reason is thrown. */
export async function undo(run: Run): Promise<void> {
  const left: Write[] = [];
  let trouble: unknown;
  for (const write of [...run.writes].reverse()) {
    try {
      await takeBack(write);
    } catch (thrown) {
      left.unshift(write);
      trouble ??= thrown;
    }
  }
  await decide((decisions) => forget(decisions, run.id, left));
  if (left.length > 0) throw trouble;
}

async function takeBack(write: Write): Promise<void> {
  if (write.kind === "add") return bulk(write.to, [write.performer], "REMOVE", write.tag);
  const performer = await written(write);
  if (!performer) return; // deleted meanwhile, or never made: nothing is left to take back
  if (write.kind === "link") {
    const other = ({ endpoint, stash_id }: StashId): boolean => endpoint !== write.endpoint || stash_id !== write.stash_id;
    return writeIds(performer.id, performer.stash_ids.filter(other));
  }
  if (performer.scene_count + performer.image_count + performer.gallery_count > 0) throw new Told("usedElsewhere", { name: performer.name });
  await change(destroyDocument, { id: performer.id });
}

/** Whom a write was about. Who was created without Stash's answer coming through is known by the uuid:
 *  nobody had it before. */
async function written(write: Write): Promise<UsedPerformer | null> {
  const id = write.performer || (write.kind === "create" && write.stash_id ? (await performerAt(hostOf(write.endpoint), write.stash_id))?.id : undefined);
  return id ? findPerformer(id) : null;
}
