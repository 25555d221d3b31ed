// What we read in the user's Stash.

import { certain } from "../words.ts";
import { ask, change } from "./graphql.ts";
import { hostOf, type StashId } from "./endpoints.ts";
import byStashIdOrName from "../graphql/performers.graphql";
import galleryDocument from "../graphql/gallery.graphql";
import galleryImages from "../graphql/gallery-images.graphql";
import imageDocument from "../graphql/image.graphql";
import performerImages from "../graphql/performer-images.graphql";
import performerDocument from "../graphql/performer.graphql";
import sceneDocument from "../graphql/scene.graphql";
import scenesDocument from "../graphql/scenes.graphql";
import createTag from "../graphql/create-tag.graphql";
import tagsDocument from "../graphql/tags.graphql";

/** What scenes are chosen by. */
export type SceneFilter = NonNullable<Parameters<NonNullable<(typeof scenesDocument)["types"]>>[0]["scene_filter"]>;

export interface Performer {
  id: string;
  name: string;
  disambiguation: string | null;
  image_path: string | null;
  ignore_auto_tag?: boolean;
  stash_ids: StashId[];
}

export interface UsedPerformer extends Performer {
  scene_count: number;
  image_count: number;
  gallery_count: number;
}

export interface Scene {
  id: string;
  title: string | null;
  organized: boolean;
  files: { basename: string; duration: number; width: number; height: number; size: number; video_codec: string }[];
  paths: { screenshot: string | null; preview: string | null; sprite: string | null; vtt: string | null };
  scene_markers: { seconds: number; screenshot: string | null }[];
  performers: Performer[];
}

export interface Picture {
  id: string;
  title: string | null;
  paths: { image: string | null; thumbnail: string | null };
  performers: Performer[];
}

export async function scene(id: string): Promise<Scene> {
  const { findScene } = await ask(sceneDocument, { id });
  return certain(findScene, "gone");
}

export async function scenes(sceneFilter: SceneFilter, page: number, perPage: number, sort = "id", q = ""): Promise<{ count: number; scenes: Scene[] }> {
  const filter = { page, per_page: perPage, sort, direction: "ASC" as const, ...(q ? { q } : {}) };
  return (await ask(scenesDocument, { scene_filter: sceneFilter, filter })).findScenes;
}

/** Those of these scenes that are there, some at a time. Stash refuses a list of ids of which one is gone:
 *  it is asked for everything in between, and for nothing in a gap. */
export async function* scenesOf(ids: readonly string[], perPage: number): AsyncGenerator<Scene[]> {
  const wanted = new Set(ids);
  let left = [...wanted].map(Number).sort((a, b) => a - b);
  while (left.length > 0) {
    const between = { value: left[0] ?? 0, value2: left.at(-1) ?? 0, modifier: "BETWEEN" as const };
    const found = (await scenes({ id: between }, 1, perPage)).scenes;
    const last = found.length < perPage ? Infinity : Number(found.at(-1)?.id);
    yield found.filter(({ id }) => wanted.has(id));
    left = left.filter((id) => id > last);
  }
}

export async function image(id: string): Promise<Picture> {
  const { findImage } = await ask(imageDocument, { id });
  return certain(findImage, "gone");
}

export async function gallery(id: string): Promise<{ id: string; title: string | null; performers: Performer[] }> {
  const { findGallery } = await ask(galleryDocument, { id });
  return certain(findGallery, "gone");
}

export async function picturesOf(galleryId: string, limit: number): Promise<Omit<Picture, "performers">[]> {
  const variables = { gallery: [galleryId], page: 1, per_page: limit };
  return (await ask(galleryImages, variables)).findImages.images;
}

/** Images that somebody is on. */
export async function imagesWith(performerId: string, limit: number): Promise<Picture[]> {
  return (await ask(performerImages, { performer: [performerId], per_page: limit })).findImages.images;
}

export async function performer(id: string): Promise<UsedPerformer | null> {
  return (await ask(performerDocument, { id })).findPerformer;
}

/** Who has this id at this stash-box. Stash is asked for the id at any: it puts an endpoint into its
 *  SQL as it is. */
export async function performerAt(host: string, uuid: string): Promise<Performer | undefined> {
  const performer_filter = { stash_id_endpoint: { stash_id: uuid, modifier: "EQUALS" as const } };
  const { findPerformers } = await ask(byStashIdOrName, { performer_filter, filter: { per_page: 25 } });
  return findPerformers.performers.find((one) => one.stash_ids.some((id) => hostOf(id.endpoint) === host && id.stash_id === uuid));
}

export async function performersByName(q: string): Promise<Performer[]> {
  const filter = { q, per_page: 12, sort: "name", direction: "ASC" as const };
  return (await ask(byStashIdOrName, { filter })).findPerformers.performers;
}

/** Everybody, some at a time. */
export async function* allPerformers(perPage: number): AsyncGenerator<{ count: number; performers: Performer[] }> {
  for (let page = 1; ; page += 1) {
    const filter = { page, per_page: perPage, sort: "id", direction: "ASC" as const };
    const { findPerformers: found } = await ask(byStashIdOrName, { filter });
    yield found;
    if (found.performers.length < perPage) return;
  }
}

/** The tag of this name, made where there is none. */
export async function tagNamed(name: string): Promise<string> {
  const tag_filter = { name: { value: name, modifier: "EQUALS" as const } };
  const { findTags } = await ask(tagsDocument, { tag_filter });
  const there = findTags.tags[0];
  if (there) return there.id;
  return certain((await change(createTag, { input: { name, ignore_auto_tag: true } })).tagCreate, "gone").id;
}
