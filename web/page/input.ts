// The ways a picture gets in: chosen, dropped, pasted, or one of the samples.

import { beside, byId, el } from "./dom.ts";

/** What takes a picture, and what takes a sentence where there is none. */
export interface Taker {
  picture(source: Blob | Promise<Blob>, name: string): void;
  problem(text: string): void;
}

/** Listens for chosen, dropped and pasted pictures on the whole page. */
export function listen(taker: Taker): void {
  const file = byId("file", HTMLInputElement);
  file.addEventListener("change", () => {
    take(file.files, taker);
    file.value = ""; // so that the same file can be chosen again
  });

  let depth = 0; // dragenter and dragleave fire for every child
  const hover = (by: number) => {
    depth = by === 0 ? 0 : Math.max(0, depth + by);
    document.body.classList.toggle("dragging", depth > 0);
  };
  document.addEventListener("dragenter", () => hover(1));
  document.addEventListener("dragleave", () => hover(-1));
  document.addEventListener("dragover", (event) => event.preventDefault());
  document.addEventListener("drop", (event) => {
    event.preventDefault();
    hover(0);
    const files = event.dataTransfer?.files;
    if (files?.length) take(files, taker);
    else taker.problem("That was not a picture file; save the picture first, then drop the file here.");
  });

  document.addEventListener("paste", (event) => {
    const files = event.clipboardData?.files;
    if (files?.length) take(files, taker);
    else taker.problem("There is no picture on the clipboard; copy a picture, then paste it here.");
  });
}

function take(files: FileList | null, taker: Taker): void {
  const file = files?.[0];
  if (file) taker.picture(file, file.name || "pasted picture");
}

/** One entry of `samples/index.json`. */
interface Sample {
  file: string;
  title: string;
}

/** Shows the pictures the host offers to try; a host without any shows none. */
export async function offerSamples(taker: Taker): Promise<void> {
  const samples = await fetchSamples();
  if (samples.length === 0) return;
  const items = samples.map(({ file, title }) => {
    const url = beside(`samples/${file}`);
    const button = el("button", { type: "button", class: "sample", "data-sample": file },
      el("img", { src: url, alt: "", loading: "lazy", decoding: "async" }), el("span", {}, title));
    button.addEventListener("click", () => taker.picture(fetchSample(url), title));
    return el("li", {}, button);
  });
  byId("sample-list", HTMLElement).replaceChildren(...items);
  byId("samples", HTMLElement).hidden = false;
}

async function fetchSamples(): Promise<Sample[]> {
  try {
    const response = await fetch(beside("samples/index.json"));
    if (!response.ok) return [];
    const list: unknown = await response.json();
    return Array.isArray(list) ? list.filter(isSample) : [];
  } catch {
    return []; // samples are a courtesy: the page works without
  }
}

function isSample(entry: unknown): entry is Sample {
  if (typeof entry !== "object" || entry === null) return false;
  const { file, title } = entry as Partial<Sample>;
  return typeof file === "string" && /^[\w.-]+$/.test(file) && typeof title === "string";
}

async function fetchSample(url: string): Promise<Blob> {
  const response = await fetch(url);
  if (response.ok) return response.blob();
  throw new Error(`the host answered ${response.status} for this sample picture; try another one`);
}
