// What the page's player shows now.

import { Told } from "../words.ts";

/** The player's picture. Stash serves its videos itself, so that it may be read. */
export async function playerFrame(): Promise<{ picture: Blob; time: number }> {
  const video = document.querySelector<HTMLVideoElement>("#VideoJsPlayer video");
  const { videoWidth: width = 0, videoHeight: height = 0, currentTime: time = 0 } = video ?? {};
  const canvas = document.createElement("canvas");
  [canvas.width, canvas.height] = [width, height];
  const context = canvas.getContext("2d");
  // A codec that the browser does not play gives a player without a picture.
  if (!video || !context || width * height === 0 || video.readyState < HTMLMediaElement.HAVE_CURRENT_DATA) throw new Told("noPlayer");
  context.drawImage(video, 0, 0);
  const picture = await new Promise<Blob | null>((resolve) => canvas.toBlob(resolve, "image/jpeg", 0.95));
  if (!picture) throw new Told("noPlayer");
  return { picture, time };
}
