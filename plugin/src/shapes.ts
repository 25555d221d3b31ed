// Reading what others wrote: any value may be of any shape.

/** The fields of an object; of anything else, none. */
export function fields(value: unknown): Record<string, unknown> {
  return typeof value === "object" && value !== null ? (value as Record<string, unknown>) : {};
}

/** The items of a list, the first `most`. */
export function items(value: unknown, most = Infinity): unknown[] {
  return Array.isArray(value) ? (value as unknown[]).slice(0, most) : [];
}

/** A text, cut where it is too long for one; anything else is an empty one. */
export function text(value: unknown, most = 300): string {
  return typeof value === "string" ? value.slice(0, most) : "";
}

/** A number, as far as it is within bounds; anything else is `otherwise`. */
export function number(value: unknown, least: number, most: number, otherwise = least): number {
  return typeof value === "number" && Number.isFinite(value) ? Math.min(most, Math.max(least, value)) : otherwise;
}
