// Stash's language is known only after a question to Stash; what was drawn before is drawn again then.

import { React } from "../stash/api.ts";
import { speaking, t, type Key } from "../words.ts";
import { useRedraw } from "./redraw.ts";

/** Draws a component, and what is in it, again in another language. */
export function useLanguage(): void {
  useRedraw(speaking);
}

/** A text by itself, for places that are Stash's own. */
export function Text({ of }: { of: Key }): JSX.Element {
  useLanguage();
  return <>{t(of)}</>;
}
