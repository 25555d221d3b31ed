// What the page's player shows now.

import { Told } from "../words.ts";
import { jpegOf, MOST_PIXELS } from "./stills.ts";

/** Ten a second. */
const ATTEMPTS = 15;

/** The player's picture. Stash serves its videos itself, so that it may be read. */
export async function playerFrame(): Promise<{ picture: Blob; time: number }> {
  const video = document.querySelector<HTMLVideoElement>("#VideoJsPlayer video");
  // The first picture of a page that has just been opened comes a moment later, or after a seek.
  for (let attempt = 0; video && attempt < ATTEMPTS; attempt += 1) {
    const time = video.currentTime;
    const there = video.readyState >= HTMLMediaElement.HAVE_CURRENT_DATA;
    const picture = there ? await jpegOf(video, video.videoWidth, video.videoHeight, MOST_PIXELS) : null;
    if (picture) return { picture, time };
    if (there && attempt === 1 && video.paused) video.currentTime = time;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  // A codec that the browser does not play gives a player without a picture.
  throw new Told("noPlayer");
}
