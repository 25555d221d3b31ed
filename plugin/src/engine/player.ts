// What the page's player shows now.

import { Told } from "../words.ts";
import { snapshot } from "./video.ts";

/** Larger canvases fail on phones. */
const MOST_PIXELS = 16e6;

/** The player's picture. Stash serves its videos itself, so that it may be read. */
export async function playerFrame(): Promise<{ picture: Blob; time: number }> {
  const video = document.querySelector<HTMLVideoElement>("#VideoJsPlayer video");
  // A codec that the browser does not play gives a player without a picture.
  const picture = video && video.readyState >= HTMLMediaElement.HAVE_CURRENT_DATA ? await snapshot(video, MOST_PIXELS) : null;
  if (!video || !picture) throw new Told("noPlayer");
  return { picture, time: video.currentTime };
}
