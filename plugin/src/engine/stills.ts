// Single pictures: the player's frame, an image, and what is cut out of them.

import type { Answer, BoundingBox } from "../../../web/client/index.ts";
import { padded, within, type Box } from "../box.ts";
import type { On } from "../run.ts";
import { certain } from "../words.ts";

export interface Still {
  picture: Blob;
  /** Seconds into a scene. */
  time: number | null;
  /** Only what is in it counts. */
  box?: Box;
}

/** Larger canvases fail on phones. */
export const MOST_PIXELS = 16e6;

/** How much smaller a picture of this size gets to have at most so many pixels. */
function scaleTo(pixels: number, width: number, height: number): number {
  return Math.min(1, Math.sqrt(pixels / (width * height)));
}

/** Something drawn as a JPEG, in at most so many pixels; null where there is nothing to draw. */
export async function jpegOf(drawn: CanvasImageSource, width: number, height: number, pixels: number): Promise<Blob | null> {
  const scale = scaleTo(pixels, width, height);
  const canvas = document.createElement("canvas");
  [canvas.width, canvas.height] = [Math.floor(width * scale), Math.floor(height * scale)];
  const context = canvas.getContext("2d");
  if (!context || canvas.width * canvas.height === 0) return null;
  context.drawImage(drawn, 0, 0, canvas.width, canvas.height);
  // A video that has not been painted yet leaves the canvas as it was.
  if (context.getImageData(canvas.width >> 1, canvas.height >> 1, 1, 1).data[3] === 0) return null;
  const picture = await new Promise<Blob | null>((resolve) => canvas.toBlob(resolve, "image/jpeg", 0.92));
  // Browsers keep a canvas's memory for long after its last use.
  canvas.width = 0;
  return picture;
}

/** Has a picture identified, or only what is in its box. */
export async function identified({ picture, box }: Still, on: On, identify: (picture: Blob, on: On) => Promise<Answer>): Promise<Answer> {
  if (!box) return identify(picture, on);
  const { part, inner } = await cutOut(picture, box);
  const answer = await identify(part, { ...on, provisional: (answer) => on.provisional(within(answer, inner)) });
  return within(answer, inner);
}

async function cutOut(picture: Blob, box: Box): Promise<{ part: Blob; inner: BoundingBox }> {
  const whole = await createImageBitmap(picture);
  const { cut, inner } = padded(box, whole.width, whole.height);
  const bitmap = await createImageBitmap(whole, cut.x, cut.y, cut.width, cut.height);
  whole.close();
  const part = certain(await jpegOf(bitmap, cut.width, cut.height, MOST_PIXELS), "noPicture");
  bitmap.close();
  const scale = scaleTo(MOST_PIXELS, cut.width, cut.height);
  return { part, inner: { x: inner.x * scale, y: inner.y * scale, width: inner.width * scale, height: inner.height * scale } };
}
