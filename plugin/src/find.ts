// Who a performer of the library is at the stash-boxes: by the ids that the database has of them, by the face
// of their picture, and by who is seen in their scenes and images. Never by name.

import type { Answer, AnswerCandidate } from "../../web/client/index.ts";
import { kindOf } from "./engine/client.ts";
import { file, framesOf } from "./engine/frames.ts";
import { pictureOf as ownPicture } from "./engine/own-library.ts";
import { session, type Session } from "./engine/session.ts";
import { seenIn, type Place } from "./likely.ts";
import type { Step } from "./run.ts";
import { base } from "./stash/api.ts";
import { byHost, checked, configured, hostOf, type StashId } from "./stash/endpoints.ts";
import { imagesWith, scenes } from "./stash/library.ts";
import { pictureOf } from "./subjects.ts";
import { t, Told } from "./words.ts";

export interface Linkable { id: string; name: string; image_path: string | null; stash_ids: StashId[] }

/** Where somebody may be linked. */
export interface Found {
  name: string;
  disambiguation: string | null;
  host: string;
  uuid: string;
  endpoint: string;
  /** Undefined where no face was needed. */
  confidence: number | undefined;
  /** What it rests on, where that is not the picture. */
  note: string;
}

/** So many scenes, and so many images, are looked at. */
const MOST_SCENES = 6;
const MOST_IMAGES = 12;
/** Among so many they are chosen. */
const PAGE = 100;
/** Who was seen in so many places is the one. */
const ENOUGH = 3;

export async function find(performer: Linkable, hear: (step: Step) => void): Promise<Found[]> {
  const opened = await session({ progress: hear });
  if (!opened.rollcall.database) throw new Told("findNeedsDatabase");
  const { boxes, settings: { minConfidence } } = opened.configuration;
  const linked = byHost(performer.stash_ids);
  if (boxes.length > 0 && boxes.every(({ endpoint }) => hostOf(endpoint) in linked)) throw new Told("findAllLinked");
  const byId = await byIds(performer, opened);
  if (byId.length > 0) return byId;
  const byFace = await byPicture(performer, opened, hear);
  if (byFace.some(({ confidence = 0 }) => confidence >= minConfidence)) return byFace;
  const seen = await byPlaces(performer, opened, hear);
  return seen.length > 0 ? seen : byFace;
}

/** By the ids that the database knows of somebody who is linked with one stash-box. */
async function byIds(performer: Linkable, { rollcall, configuration }: Session): Promise<Found[]> {
  for (const [host, uuid] of checked(performer.stash_ids)) {
    const ids = await rollcall.idsOf(`${host}:${uuid}`);
    const found = linkable({ name: performer.name, disambiguation: null, stash_ids: ids ?? {} }, performer, configuration.boxes);
    if (found.length > 0) return found.map((one) => ({ ...one, confidence: undefined, note: t("findById", { host }) }));
  }
  return [];
}

async function byPicture(performer: Linkable, { rollcall, configuration }: Session, hear: (step: Step) => void): Promise<Found[]> {
  const address = ownPicture(performer);
  const picture = address === undefined ? null : await file(address);
  if (!picture) return [];
  const { answer } = await rollcall.identify(picture, { progress: hear });
  const [only, another] = answer.matches;
  if (!only || another) return [];
  return only.candidates.flatMap((candidate) => withNote(linkable(candidate, performer, configuration.boxes), candidate, ""));
}

/** By who is seen in scenes and images that the performer is on, those with the fewest others first. */
async function byPlaces(performer: Linkable, { rollcall, configuration }: Session, hear: (step: Step) => void): Promise<Found[]> {
  const few = <T extends { performers: unknown[] }>(all: T[], most: number): T[] => all.sort((a, b) => a.performers.length - b.performers.length).slice(0, most);
  const on = { performers: { value: [performer.id], modifier: "INCLUDES" as const } };
  const places = [
    ...few((await scenes(on, 1, PAGE)).scenes, MOST_SCENES).map((scene) => ({ performers: scene.performers, look: async () => {
      const frames = await framesOf(scene, { base: base.href, signal: new AbortController().signal });
      return (await rollcall.identifyScene(frames)).answer;
    } })),
    ...few(await imagesWith(performer.id, PAGE), MOST_IMAGES).map((image) => ({ performers: image.performers, look: async () => {
      const picture = await pictureOf(image.paths);
      return picture ? (await rollcall.identify(picture)).answer : undefined;
    } })),
  ];
  const looked: Place[] = [];
  let likely: ReturnType<typeof seenIn> = [];
  for (const [done, { performers, look }] of places.entries()) {
    hear({ stage: "frames", done, total: places.length });
    const answer: Answer | undefined = await look().catch((thrown: unknown) => {
      if (kindOf(thrown) === "closed") throw thrown;
      return undefined; // one that cannot be looked at says nothing
    });
    if (answer) looked.push({ performers, matches: answer.matches });
    likely = seenIn(looked, performer);
    if ((likely[0]?.places ?? 0) >= ENOUGH) break;
  }
  return likely.flatMap(({ candidate, places }) => withNote(linkable(candidate, performer, configuration.boxes), candidate, t("findPlaces", { n: places, of: looked.length })));
}

type Named = Pick<AnswerCandidate, "name" | "disambiguation" | "stash_ids">;
type Spot = Omit<Found, "confidence" | "note">;

/** Where somebody is at stash-boxes that the user has and the performer is not linked with. */
function linkable({ name, disambiguation, stash_ids }: Named, performer: Linkable, boxes: Session["configuration"]["boxes"]): Spot[] {
  const linked = byHost(performer.stash_ids);
  return Object.entries(stash_ids).flatMap(([host, uuid]) => {
    const endpoint = configured(boxes, host);
    return uuid && endpoint && !(host in linked) ? [{ name, disambiguation, host, uuid, endpoint }] : [];
  });
}

function withNote(spots: readonly Spot[], { confidence }: AnswerCandidate, note: string): Found[] {
  return spots.map((spot) => ({ ...spot, confidence, note }));
}
