// One card a person: the face, the reference picture, the names that come into question.

import type { Answer, AnswerCandidate, Identification, Match } from "../client/index.ts";
import { byId, el } from "./dom.ts";
import type { Permit } from "./permit.ts";
import type { Picture } from "./picture.ts";
import { bestOf, certainty, naming, origin, UNKNOWN, type Certainty } from "./words.ts";

/** The edge of a face's crop in canvas pixels; the style sheet shows it at half that. */
const CROP_EDGE = 224;
/** Where the user's wish to load pictures from other hosts is kept. */
const REMOTE_KEY = "rollcall:remote-pictures";

/** The list of people beside the picture. */
export class Cards {
  readonly #list = byId("cards", HTMLOListElement);

  /** Shows one card a person. `choose` is called when the user asks where a person is. */
  show(picture: Picture, found: Identification, permit: Permit, choose: (person: number) => void): void {
    this.#list.replaceChildren(
      ...found.answer.matches.map((match, person) => card(match, person, picture, found, permit, choose)),
    );
  }

  /** Scrolls to a person's card and moves the focus there. */
  focus(person: number): void {
    const chosen = this.#list.children[person];
    if (chosen instanceof HTMLElement) chosen.focus();
  }

  /** Removes all cards. */
  clear(): void {
    this.#list.replaceChildren();
  }
}

function card(
  match: Match, person: number, picture: Picture, found: Identification, permit: Permit,
  choose: (person: number) => void,
): HTMLLIElement {
  const named = bestOf(match);
  const others = match.candidates.filter((other) => other.performer_id !== named?.performer_id);
  const sure: Certainty = named ? certainty(named.confidence) : UNKNOWN;
  const title = `person-${person}`;
  const item = el("li", {
    class: `card ${sure.kind}`, tabindex: -1, "data-person": person, "aria-labelledby": title,
  });
  const show = el("button", { type: "button", class: "badge", "aria-label": `Show person ${person + 1} in the picture` },
    String(person + 1));
  show.addEventListener("click", () => choose(person));
  const face = faceFigure(match, person, picture, found);
  face.append(show);
  item.append(
    el("div", { class: "faces" }, face, named ? referenceFigure(named) : null),
    el("div", { class: "who" },
      el("div", { class: "headline" },
        el("h3", { id: title }, named ? naming(named.name, permit) : "Unknown"),
        // "Looks like" is the word there; "sure" would say too much.
        named && permit === "sure" ? null : el("span", { class: `chip ${sure.kind}` }, named ? sure.word : "No match")),
      el("p", { class: "quiet" }, named ? origin(named) : unknownWords(found.answer, permit)),
      named ? links(named) : null,
      details(named, others, found.answer)),
  );
  return item;
}

function unknownWords(answer: Answer, permit: Permit): string {
  if (permit === "sure") return "Nobody in this database looks so much like this face that this page would say so.";
  return answer.database
    ? "Nobody in this database looks enough like this face."
    : "There is no database here to look this face up in.";
}

function faceFigure(match: Match, person: number, picture: Picture, found: Identification): HTMLElement {
  const face = match.faces[0];
  const crop = face ? picture.crop(face.box, found, CROP_EDGE) : null;
  const label = `Person ${person + 1} in your picture`;
  crop?.setAttribute("aria-label", label);
  const shown = crop
    ?? (match.face_thumbnail?.startsWith("data:image/")
      ? el("img", { src: match.face_thumbnail, alt: label })
      : el("span", { class: "no-picture" }, "No picture"));
  return el("figure", {}, shown, el("figcaption", {}, "Your picture"));
}

/** The picture the name comes from. One from another host is only fetched when the user says so. */
function referenceFigure(candidate: AnswerCandidate): HTMLElement {
  const url = pictureUrl(candidate.image_url);
  const figure = el("figure", {}, el("figcaption", {}, "Reference"));
  if (!url) {
    figure.prepend(el("span", { class: "no-picture" }, "None here"));
  } else if (url.origin === location.origin || url.protocol === "data:" || remoteAllowed()) {
    figure.prepend(referenceImage(url, candidate.name));
  } else {
    const button = el("button", {
      type: "button", class: "no-picture", "data-remote": url.href,
      title: `Tells ${url.host} which picture you look at. Remembered in this browser.`,
    }, `Show from ${url.host}`);
    button.addEventListener("click", () => {
      allowRemote();
      button.replaceWith(referenceImage(url, candidate.name));
    });
    figure.prepend(button);
  }
  return figure;
}

function referenceImage(url: URL, name: string): HTMLElement {
  const image = el("img", {
    src: url.href, alt: `Reference picture of ${name}`, loading: "lazy", referrerpolicy: "no-referrer",
  });
  image.addEventListener("error", () => image.replaceWith(el("span", { class: "no-picture" }, "Not reachable")));
  return image;
}

// The address comes out of a database somebody else may have made.
function pictureUrl(text: string | null | undefined): URL | null {
  if (!text) return null;
  try {
    const url = new URL(text, document.baseURI);
    const fine = /^https?:$/.test(url.protocol) || text.startsWith("data:image/");
    return fine ? url : null;
  } catch {
    return null;
  }
}

function remoteAllowed(): boolean {
  try {
    return localStorage.getItem(REMOTE_KEY) === "yes";
  } catch {
    return false; // storage may be switched off
  }
}

function allowRemote(): void {
  try {
    localStorage.setItem(REMOTE_KEY, "yes");
  } catch {
    // Then it is asked for again: nothing is lost.
  }
}

function links(candidate: AnswerCandidate): HTMLElement | null {
  if (!candidate.stashdb_url?.startsWith("https://")) return null;
  return el("p", {}, el("a", {
    href: candidate.stashdb_url, target: "_blank", rel: "noopener noreferrer",
  }, "Page on StashDB"));
}

/** The numbers and the other names, for those who ask. */
function details(best: AnswerCandidate | undefined, others: AnswerCandidate[], answer: Answer): HTMLElement | null {
  if (!best && others.length === 0) return null;
  const numbers = best
    ? el("p", {}, `Similarity ${best.similarity.toFixed(2)}, confidence ${percent(best.confidence)}`
        + `${answer.calibrated ? "" : " (an estimate: this database is not calibrated)"}.`)
    : null;
  const rows = others.map((other) =>
    el("li", {},
      el("span", { class: "name" }, other.name),
      el("span", { class: "quiet" }, origin(other)),
      el("span", { class: "quiet number" }, `similarity ${other.similarity.toFixed(2)}`)));
  const heading = best ? "Also possible" : "The closest, too far away to be a match";
  const summary = best
    ? others.length > 0 ? `How alike, and ${others.length} more` : "How alike"
    : "Who comes closest";
  return el("details", {}, el("summary", {}, summary), numbers,
    rows.length > 0 ? el("p", { class: "quiet" }, `${heading}:`) : null,
    rows.length > 0 ? el("ul", { class: "others", role: "list" }, ...rows) : null);
}

function percent(share: number): string {
  return `${Math.floor(share * 100)} %`;
}
