import type { Listeners } from "../listeners.ts";
import { useEffect, useReducer } from "../stash/api.ts";

/** Draws a component, and what is in it, again whenever something has changed. */
export function useRedraw(changes: Listeners): void {
  const [, draw] = useReducer((n: number) => n + 1, 0);
  useEffect(() => changes.listen(draw), [changes]);
}
