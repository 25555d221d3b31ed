// Stash's language is known only after a question to Stash; what was drawn before is drawn again then.

import { React, useEffect, useReducer } from "../stash/api.ts";
import { onSpeak, t, type Key } from "../words.ts";

/** Draws a component, and what is in it, again in another language. */
export function useLanguage(): void {
  const [, draw] = useReducer((n: number) => n + 1, 0);
  useEffect(() => onSpeak(draw), []);
}

/** A text by itself, for places that are Stash's own. */
export function Text({ of }: { of: Key }): JSX.Element {
  useLanguage();
  return <>{t(of)}</>;
}
