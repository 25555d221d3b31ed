// The picture on the page, the boxes on its faces, and the crops of them.

import type { BoundingBox, Identification } from "../client/index.ts";
import { byId, el } from "./dom.ts";
import type { Permit } from "./permit.ts";
import { bestOf, certainty, count, naming, UNKNOWN, type Certainty } from "./words.ts";

/** More pixels than this are left to the worker to refuse; drawing them could stop the tab. */
const MAX_PIXELS = 100_000_000;
/** The longest edge of the canvas, in pixels. */
const MAX_EDGE = 1600;
/** How much of a face's size is shown around it in a crop, on each side. */
const CROP_MARGIN = 0.2;

/** The picture the user gave, as the browser decodes it. */
export class Picture {
  readonly blob: Blob;
  readonly name: string;
  /** Null where the browser cannot show it. */
  readonly image: HTMLImageElement | null;

  private constructor(blob: Blob, name: string, image: HTMLImageElement | null) {
    this.blob = blob;
    this.name = name;
    this.image = image;
  }

  /** Never fails: what the browser cannot show is left for the worker to explain. */
  static async open(blob: Blob, name: string): Promise<Picture> {
    const image = new Image();
    const url = URL.createObjectURL(blob);
    try {
      await new Promise((resolve, reject) => {
        image.onload = resolve;
        image.onerror = reject;
        image.src = url;
      });
      const pixels = image.naturalWidth * image.naturalHeight;
      return new Picture(blob, name, pixels > 0 && pixels <= MAX_PIXELS ? image : null);
    } catch {
      URL.revokeObjectURL(url);
      return new Picture(blob, name, null);
    }
  }

  /** Forgets the decoded picture. */
  close(): void {
    if (this.image) URL.revokeObjectURL(this.image.src);
  }

  /** The face in a small square canvas, or null where the browser cannot show the picture. */
  crop(face: BoundingBox, found: Identification, edge: number): HTMLCanvasElement | null {
    if (!this.image) return null;
    const canvas = el("canvas", { width: edge, height: edge, role: "img" });
    const context = canvas.getContext("2d");
    if (!context) return null;
    // The worker may have seen another size than the browser (an SVG, say): scale to the browser's.
    const scale = this.image.naturalWidth / found.width;
    const side = Math.max(face.width, face.height) * (1 + 2 * CROP_MARGIN) * scale;
    const x = (face.x + face.width / 2) * scale - side / 2;
    const y = (face.y + face.height / 2) * scale - side / 2;
    context.imageSmoothingQuality = "high";
    context.drawImage(this.image, x, y, side, side, 0, 0, edge, edge);
    return canvas;
  }
}

/** The figure with the picture in it. */
export class Stage {
  readonly #figure = byId("stage", HTMLElement);
  readonly #frame = byId("frame", HTMLElement);
  readonly #canvas = byId("picture", HTMLCanvasElement);
  readonly #boxes = byId("boxes", HTMLElement);
  readonly #caption = byId("caption", HTMLElement);

  /** Shows the picture without boxes. */
  show(picture: Picture): void {
    this.#boxes.replaceChildren();
    const { image } = picture;
    this.#frame.hidden = image === null;
    this.#figure.classList.toggle("blind", image === null);
    this.#caption.textContent = image
      ? `${picture.name} · ${image.naturalWidth} × ${image.naturalHeight}`
      : `${picture.name} · your browser cannot show this picture`;
    this.#canvas.setAttribute("aria-label", `Your picture, ${picture.name}`);
    if (!image) return;
    const scale = Math.min(1, MAX_EDGE / Math.max(image.naturalWidth, image.naturalHeight));
    this.#canvas.width = Math.max(1, Math.round(image.naturalWidth * scale));
    this.#canvas.height = Math.max(1, Math.round(image.naturalHeight * scale));
    const context = this.#canvas.getContext("2d");
    if (context) context.imageSmoothingQuality = "high";
    context?.drawImage(image, 0, 0, this.#canvas.width, this.#canvas.height);
  }

  /** Puts a numbered button on each face. */
  mark(picture: Picture, found: Identification, permit: Permit, choose: (person: number) => void): void {
    const { matches } = found.answer;
    this.#canvas.setAttribute("aria-label",
      `Your picture, ${picture.name}, with ${count(matches.length, "person", "people")} marked`);
    // Big faces first, so that a small one inside a big one stays clickable.
    const faces = matches.flatMap((match, person) => match.faces.map((face) => ({ match, person, face })));
    faces.sort((a, b) => b.face.box.width * b.face.box.height - a.face.box.width * a.face.box.height);
    const boxes = faces.map(({ match, person, face }) => {
      const best = bestOf(match);
      const sure: Certainty = best ? certainty(best.confidence) : UNKNOWN;
      const word = best && permit === "sure" ? "" : sure.word.toLowerCase();
      const words = [best ? naming(best.name, permit) : "", word].filter(Boolean);
      const box = el("button", {
        type: "button",
        class: `box ${sure.kind}`,
        "data-person": person,
        "aria-label": `Person ${person + 1}: ${words.join(", ")}`,
      }, el("span", { class: "badge", "aria-hidden": "true" }, String(person + 1)));
      place(box, face.box, found);
      box.addEventListener("click", () => choose(person));
      return { person, box };
    });
    // In the order of the numbers for the keyboard; stacking is by size.
    boxes.forEach(({ box }, size) => box.style.setProperty("z-index", String(size + 1)));
    boxes.sort((a, b) => a.person - b.person);
    this.#boxes.replaceChildren(...boxes.map(({ box }) => box));
  }

  /** Moves the focus to the first box of a person. */
  focus(person: number): void {
    this.#boxes.querySelector<HTMLElement>(`[data-person="${person}"]`)?.focus();
  }
}

// CSSOM writes are not inline styles to the Content-Security-Policy, `style="…"` would be.
function place(box: HTMLElement, face: BoundingBox, { width, height }: Identification): void {
  const left = clamp(face.x / width);
  const top = clamp(face.y / height);
  box.style.left = `${left * 100}%`;
  box.style.top = `${top * 100}%`;
  box.style.width = `${(clamp((face.x + face.width) / width) - left) * 100}%`;
  box.style.height = `${(clamp((face.y + face.height) / height) - top) * 100}%`;
}

function clamp(share: number): number {
  return Math.min(1, Math.max(0, share));
}
