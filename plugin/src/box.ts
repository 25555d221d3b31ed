// A box that the user draws on a picture: shares of its width and height, 0 to 1.

import type { Answer, BoundingBox } from "../../web/client/index.ts";

/** Left upper corner and size. */
export type Box = BoundingBox;

/** Where a box begins before anybody has drawn one. */
export const MIDDLE: Box = { x: 0.3, y: 0.2, width: 0.4, height: 0.6 };
/** Nothing smaller can be seen, or was meant. */
const LEAST = 0.02;
const STEP = 0.02;
/** So much of a box's size is added on every side: a detector wants to see the whole head. */
const PADDING = 0.35;

/** The box between two points; undefined for a click. */
export function between(ax: number, ay: number, bx: number, by: number): Box | undefined {
  const [left, right] = [clamp(Math.min(ax, bx)), clamp(Math.max(ax, bx))];
  const [top, bottom] = [clamp(Math.min(ay, by)), clamp(Math.max(ay, by))];
  const box = { x: left, y: top, width: right - left, height: bottom - top };
  return box.width < LEAST || box.height < LEAST ? undefined : box;
}

const ARROWS: Record<string, readonly [dx: number, dy: number]> = { ArrowLeft: [-STEP, 0], ArrowRight: [STEP, 0], ArrowUp: [0, -STEP], ArrowDown: [0, STEP] };

/** The box after an arrow key, which moves it, or with Shift changes its size; undefined for other keys. */
export function nudged(box: Box, key: string, shift: boolean): Box | undefined {
  const [dx, dy] = ARROWS[key] ?? [];
  if (dx === undefined || dy === undefined) return undefined;
  if (!shift) return { ...box, x: Math.min(1 - box.width, clamp(box.x + dx)), y: Math.min(1 - box.height, clamp(box.y + dy)) };
  const size = (now: number, more: number, from: number): number => Math.min(1 - from, Math.max(LEAST, now + more));
  return { ...box, width: size(box.width, dx, box.x), height: size(box.height, dy, box.y) };
}

/** What to cut out of a picture of this size, with padding, and where the box is in that; in pixels. */
export function padded(box: Box, width: number, height: number): { cut: BoundingBox; inner: BoundingBox } {
  const outer = between(
    box.x - PADDING * box.width, box.y - PADDING * box.height,
    box.x + (1 + PADDING) * box.width, box.y + (1 + PADDING) * box.height,
  ) ?? box;
  const pixels = ({ x, y, width: w, height: h }: Box): BoundingBox =>
    ({ x: Math.round(x * width), y: Math.round(y * height), width: Math.max(1, Math.round(w * width)), height: Math.max(1, Math.round(h * height)) });
  const [cut, inner] = [pixels(outer), pixels(box)];
  return { cut, inner: { ...inner, x: inner.x - cut.x, y: inner.y - cut.y } };
}

/** Those of an answer whose face has its middle in the box: others were in the padding. */
export function within(answer: Answer, { x, y, width, height }: BoundingBox): Answer {
  const matches = answer.matches.filter(({ faces }) => faces.some(({ box }) => {
    const [right, down] = [box.x + box.width / 2 - x, box.y + box.height / 2 - y];
    return right >= 0 && right <= width && down >= 0 && down <= height;
  }));
  return { ...answer, matches, performers_detected: matches.length };
}

function clamp(share: number): number {
  return Math.min(1, Math.max(0, share));
}
