// The runs of this visit, one for each page, and React's view of them.

import type { Answer } from "../../../web/client/index.ts";
import type { Place } from "../decisions.ts";
import { Run } from "../run.ts";
import { api } from "../stash/api.ts";
import { gallerySubject, imageSubject, sceneSubject } from "../subjects.ts";
import { useRedraw } from "./redraw.ts";

const SUBJECTS = { scene: sceneSubject, image: imageSubject, gallery: gallerySubject };
/** So many answers are kept for who goes back. */
const MOST = 20;
const runs = new Map<Place, Run>();

export function runOf(place: Place): Run {
  const [kind, id] = place.split(":") as [keyof typeof SUBJECTS, string];
  const run = runs.get(place) ?? new Run(SUBJECTS[kind](id));
  runs.delete(place);
  runs.set(place, run);
  const oldest = runs.keys().next().value;
  if (runs.size > MOST && oldest !== undefined) {
    runs.get(oldest)?.cancel();
    runs.delete(oldest);
  }
  return run;
}

/** The answers that are kept. */
export function answers(): Answer[] {
  return [...runs.values()].flatMap(({ answer }) => answer ?? []);
}

/** Draws a component again when a run has something new. */
export function useRun(place: Place): Run {
  const run = runOf(place);
  useRedraw(run.changes);
  return run;
}

/** Who leaves a page wants no work done for it any more. */
export function stopOnLeave(): void {
  api.Event.addEventListener("stash:location", () => {
    for (const [place, run] of runs) {
      const [kind, id] = place.split(":");
      const here = kind === "gallery" ? `/galleries/${id}` : `/${kind}s/${id}`;
      if (!new RegExp(`${here}(/|$)`).test(location.pathname)) run.cancel();
    }
  });
}
