// Moments of a video, in an element that nobody sees. A codec the browser does not play gives none.

import { jpegOf } from "./stills.ts";

export interface Moment { picture: Blob; time: number }

export interface How {
  /** So many moments of a film of so many seconds. */
  most(duration: number): number;
  /** A moment has at most so many pixels. */
  pixels: number;
  signal: AbortSignal;
  /** Asked after each moment: whether that is enough. */
  enough?(element: HTMLVideoElement): boolean;
  hear?(done: number, total: number): void;
}

/** A seek that takes longer, in milliseconds, does not come any more. */
const PATIENCE = 8000;

/** Moments spread over the whole film, in order; undefined where it cannot be played. */
export async function momentsOf(src: string, how: How): Promise<Moment[] | undefined> {
  const element = document.createElement("video");
  element.muted = true;
  // Not more of the file than the moments need.
  element.preload = "metadata";
  try {
    element.src = src;
    if (!(await happens(element, "loadedmetadata"))) return undefined;
    return await take(element, how);
  } finally {
    element.removeAttribute("src");
    element.load();
  }
}

async function take(element: HTMLVideoElement, { most, pixels, signal, enough, hear }: How): Promise<Moment[] | undefined> {
  const { videoWidth, videoHeight, duration } = element;
  if (videoWidth * videoHeight === 0 || !Number.isFinite(duration)) return undefined;
  const count = Math.max(1, most(duration));
  const moments: Moment[] = [];
  for (const share of spread(count)) {
    if (signal.aborted) break;
    hear?.(moments.length, count);
    const sought = happens(element, "seeked");
    element.currentTime = duration * share;
    if (!(await sought)) break;
    const picture = await jpegOf(element, videoWidth, videoHeight, pixels);
    if (picture) moments.push({ picture, time: element.currentTime });
    if (enough?.(element)) break;
  }
  return moments.length > 0 ? moments.sort((a, b) => a.time - b.time) : undefined;
}

/** Shares of a whole, coarse ones first: wherever the list ends, the whole is covered. */
export function spread(count: number): number[] {
  const order = Array.from({ length: count }, (_, i) => [i, radicalInverse(i)] as const).sort(([, a], [, b]) => a - b).map(([i]) => i);
  const rank = order.reduce<number[]>((all, i, place) => { all[i] = place; return all; }, []);
  return rank.map((place) => (place + 0.5) / count);
}

/** A number's binary digits behind the point, the other way round (van der Corput). */
function radicalInverse(n: number): number {
  let value = 0;
  for (let digit = 0.5, left = n; left > 0; left >>= 1, digit /= 2) value += digit * (left & 1);
  return value;
}

/** Seconds of a film that a browser has fetched. It forgets some of what it had: this does not. */
export class Fetched {
  #parts: [from: number, to: number][] = [];

  add(buffered: TimeRanges): number {
    for (let i = 0; i < buffered.length; i += 1) this.#parts.push([buffered.start(i), buffered.end(i)]);
    this.#parts = this.#parts.sort(([a], [b]) => a - b).reduce<[number, number][]>((all, [from, to]) => {
      const last = all.at(-1);
      if (last && from <= last[1]) last[1] = Math.max(last[1], to);
      else all.push([from, to]);
      return all;
    }, []);
    return this.#parts.reduce((sum, [from, to]) => sum + to - from, 0);
  }
}

/** Whether the element comes so far before it fails or takes too long. */
function happens(element: HTMLVideoElement, event: "loadedmetadata" | "seeked"): Promise<boolean> {
  return new Promise((resolve) => {
    const timer = setTimeout(() => resolve(false), PATIENCE);
    const settle = (fine: boolean) => (): void => { clearTimeout(timer); resolve(fine); };
    element.addEventListener(event, settle(true), { once: true });
    element.addEventListener("error", settle(false), { once: true });
  });
}
