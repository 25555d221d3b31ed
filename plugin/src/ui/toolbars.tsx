// Toolbars and the pages of images and galleries cannot be patched: their buttons are put into the
// page's own elements, found anew on every navigation.

import type { Place } from "../decisions.ts";
import { api, createPortal, Modal, React, useEffect, useState } from "../stash/api.ts";
import { t } from "../words.ts";
import { FacesTab } from "./FacesTab.tsx";
import { useLanguage } from "./language.tsx";
import { runOf } from "./runs.ts";

interface Spot { place: Place; host: HTMLElement }

const PAGES: { path: RegExp; kind: "scene" | "image" | "gallery"; toolbar: string }[] = [
  { path: /\/scenes\/(\d+)(\/|$)/, kind: "scene", toolbar: ".scene-toolbar-group:last-child" },
  { path: /\/images\/(\d+)(\/|$)/, kind: "image", toolbar: ".image-toolbar-group:last-child" },
  { path: /\/galleries\/(\d+)(\/|$)/, kind: "gallery", toolbar: ".gallery-toolbar-group:last-child" },
];
/** Stash's pages come in pieces; after this long a toolbar does not come any more. */
const PATIENCE = 20_000;

/** Shows nothing where it is: within Stash's tree, for links need its router. */
export function Toolbars(): JSX.Element {
  useLanguage();
  const [spot, setSpot] = useState<Spot>();
  const [open, setOpen] = useState(false);
  useEffect(() => follow((found) => { setSpot(found); if (!found) setOpen(false); }), []);
  if (!spot) return <></>;
  const show = (): void => {
    if (spot.place.startsWith("scene:")) document.querySelector<HTMLElement>('[data-rb-event-key="rollcall-faces"]')?.click();
    else setOpen(true);
    const run = runOf(spot.place);
    if (run.phase === "idle") void run.start();
  };
  const button = (
    <button type="button" className="btn btn-secondary minimal rollcall-button" title={t("identify")} aria-label={t("identify")} onClick={show}>
      <Face />
    </button>
  );
  return (
    <>
      {createPortal(button, spot.host)}
      {open && (
        <Modal show onHide={() => setOpen(false)} size="lg" aria-labelledby="rollcall-title" className="rollcall-dialog">
          <Modal.Header><h5 id="rollcall-title" className="modal-title">{t("faces")}</h5></Modal.Header>
          <Modal.Body><FacesTab key={spot.place} place={spot.place} /></Modal.Body>
          <Modal.Footer><button type="button" className="btn btn-secondary" onClick={() => setOpen(false)}>{t("close")}</button></Modal.Footer>
        </Modal>
      )}
    </>
  );
}

/** A face in a frame, drawn like Stash's own symbols. */
export function Face(): JSX.Element {
  return (
    <svg viewBox="0 0 24 24" width="1em" height="1em" fill="none" stroke="currentColor" strokeWidth="2" strokeLinecap="round" aria-hidden="true">
      <path d="M3 8V5a2 2 0 0 1 2-2h3M16 3h3a2 2 0 0 1 2 2v3M21 16v3a2 2 0 0 1-2 2h-3M8 21H5a2 2 0 0 1-2-2v-3M9 9.5v.5M15 9.5v.5M8.5 14.5c2 2.2 5 2.2 7 0" />
    </svg>
  );
}

/** Calls back with the place for the button whenever there is another one, or none. */
function follow(hear: (spot: Spot | undefined) => void): () => void {
  let observer: MutationObserver | undefined, timer: ReturnType<typeof setTimeout> | undefined;
  let host: HTMLElement | undefined;
  const stop = (): void => { observer?.disconnect(); clearTimeout(timer); };
  const look = (): void => {
    stop();
    host?.remove();
    host = undefined;
    const page = PAGES.map((page) => ({ ...page, id: page.path.exec(location.pathname)?.[1] })).find(({ id }) => id !== undefined);
    hear(undefined);
    if (!page) return;
    const attach = (): boolean => {
      const toolbar = document.querySelector(page.toolbar);
      if (!toolbar) return false;
      host = document.createElement("span");
      toolbar.append(host);
      hear({ place: `${page.kind}:${page.id}`, host });
      return true;
    };
    // Stash draws its toolbars anew when a scene changes: the button must come back.
    observer = new MutationObserver(() => { if (!host?.isConnected) attach(); });
    observer.observe(document.body, { childList: true, subtree: true });
    if (!attach()) timer = setTimeout(() => { if (!host) stop(); }, PATIENCE);
  };
  api.Event.addEventListener("stash:location", look);
  look();
  return () => { stop(); host?.remove(); api.Event.removeEventListener("stash:location", look); };
}
