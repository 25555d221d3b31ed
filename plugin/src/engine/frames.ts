// The frames of a scene, cheapest first, all of them from Stash itself.

import type { SceneFrames } from "../../../web/client/index.ts";
import type { Scene } from "../stash/library.ts";
import { rebase } from "../stash/paths.ts";
import { Told } from "../words.ts";
import { previewFrames } from "./preview.ts";

/** More than any sprite sheet, cover or preview has. */
const MOST_BYTES = 60e6;

/** Sprite sheet and cover; without a sheet, moments of the preview. Throws where there is nothing. */
export async function framesOf(scene: Scene, base: string, signal: AbortSignal): Promise<SceneFrames> {
  const at = (path: string | null): Promise<Blob | null> => (path ? file(rebase(path, base), signal) : Promise.resolve(null));
  const [vtt, sheet, cover] = await Promise.all([at(scene.paths.vtt), at(scene.paths.sprite), at(scene.paths.screenshot)]);
  const text = vtt && sheet ? await vtt.text() : "";
  const hasSheet = sheet !== null && text.startsWith("WEBVTT");
  const preview = hasSheet ? [] : await previewFrames(await at(scene.paths.preview), signal);
  const pictures = [...(cover ? [{ picture: cover, time: null }] : []), ...preview];
  if (!hasSheet && pictures.length === 0) throw new Told("noFrames");
  const name = scene.files[0]?.basename;
  return { ...(hasSheet ? { sheet, vtt: text } : {}), name, pictures };
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
