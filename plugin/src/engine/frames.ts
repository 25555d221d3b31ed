// The frames of a scene, cheapest first, all of them from Stash itself.

import type { SceneFrames } from "../../../web/client/index.ts";
import type { Scene } from "../stash/library.ts";
import { rebase } from "../stash/paths.ts";
import { Told } from "../words.ts";
import { Fetched, momentsOf } from "./video.ts";

/** More than any sprite sheet, cover or preview has. */
const MOST_BYTES = 60e6;
const MOST_MOMENTS = 24;
/** So many bytes of a scene's video are read at most, or little more. */
const MOST_STREAMED = 64e6;
/** A face that fills a tenth of such a picture's height is large enough. */
const MOMENT_PIXELS = 3e6;

type Pictures = NonNullable<SceneFrames["pictures"]>[number][];

export interface Frames extends SceneFrames {
  /** Bytes that were read of the video itself, about. */
  streamed: number;
  /** The codec of a video that this browser does not play. */
  unplayable: string | undefined;
}

export interface Wish {
  /** The folder that Stash is in. */
  base: string;
  signal: AbortSignal;
  hear?(done: number, total: number): void;
}

/** Sprite sheet and cover. Without a sheet, also the preview and the markers, and if there is no preview,
 *  the video. Throws where there is nothing. */
export async function framesOf(scene: Scene, wish: Wish): Promise<Frames> {
  const at = (path: string | null): Promise<Blob | null> => (path ? file(rebase(path, wish.base), wish.signal) : Promise.resolve(null));
  const [vtt, sheet, cover] = await Promise.all([at(scene.paths.vtt), at(scene.paths.sprite), at(scene.paths.screenshot)]);
  const text = vtt && sheet ? await vtt.text() : "";
  const pictures: Pictures = cover ? [{ picture: cover, time: null }] : [];
  const name = scene.files[0]?.basename;
  const rest = { name, pictures, streamed: 0, unplayable: undefined };
  if (sheet && text.startsWith("WEBVTT")) return { ...rest, sheet, vtt: text };
  const preview = await previewOf(await at(scene.paths.preview), wish);
  const markers = await Promise.all(scene.scene_markers.slice(0, MOST_MOMENTS).map(async ({ screenshot, seconds }) => ({ picture: await at(screenshot), time: seconds })));
  // A marker without a picture gets one that asks to generate it, which is no JPEG.
  const marked = markers.flatMap(({ picture, time }) => (picture?.type === "image/jpeg" ? [{ picture, time }] : []));
  const found = [...pictures, ...preview, ...marked];
  if (preview.length > 0 || wish.signal.aborted) return { ...rest, pictures: found };
  const { moments, streamed, unplayable } = await streamOf(scene, wish);
  if (found.length + moments.length === 0) throw unplayable === undefined ? new Told("noFrames") : new Told("noFramesCodec", { codec: unplayable });
  return { name, pictures: [...found, ...moments], streamed, unplayable };
}

async function previewOf(video: Blob | null, { signal }: Wish): Promise<Pictures> {
  if (!video) return [];
  // `media-src blob:` is the one thing blobs may be shown as on a Stash page.
  const url = URL.createObjectURL(video);
  const moments = await momentsOf(url, { most: (duration) => Math.min(MOST_MOMENTS, Math.floor(duration * 2)), pixels: MOMENT_PIXELS, signal });
  URL.revokeObjectURL(url);
  // When in the scene a moment of its preview is, nobody knows.
  return (moments ?? []).map(({ picture }) => ({ picture, time: null }));
}

/** Moments of the video as it is, never of a transcode: that would cost the server its processor. */
async function streamOf({ id, files: [video] }: Scene, { base, signal, hear }: Wish): Promise<{ moments: Pictures; streamed: number; unplayable: string | undefined }> {
  if (!video) return { moments: [], streamed: 0, unplayable: undefined };
  const fetched = new Fetched();
  let streamed = 0;
  const moments = await momentsOf(new URL(`scene/${id}/stream`, base).href, {
    most: () => MOST_MOMENTS, pixels: MOMENT_PIXELS, signal,
    // The browser tells seconds, not bytes.
    enough: ({ buffered, duration }) => (streamed = (fetched.add(buffered) / duration) * video.size) > MOST_STREAMED,
    ...(hear ? { hear } : {}),
  });
  return { moments: moments ?? [], streamed, unplayable: moments ? undefined : video.video_codec };
}

/** A file of Stash's; null where it has none. */
export async function file(url: string, signal?: AbortSignal): Promise<Blob | null> {
  const response = await fetch(url, { credentials: "same-origin", ...(signal ? { signal } : {}) });
  if (response.status === 401) throw new Told("signedOut");
  const length = Number(response.headers.get("content-length") ?? 0);
  if (!response.ok || length > MOST_BYTES) return null;
  // Stash's placeholder for a cover is an SVG, and its page an HTML: neither is a frame.
  if (/^(text\/html|image\/svg)/.test(response.headers.get("content-type") ?? "")) return null;
  return response.blob();
}
