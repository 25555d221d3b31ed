// Where the database is: a list of places that are asked in turn.

import type { Refusals } from "./refusals.ts";

export interface Place {
  /** The folder of the database, absolute, with `/` at its end. */
  url: string;
  found: "setting" | "same-origin" | "custom" | "host" | "default";
}

/** What became of a place that was asked. `blocked`: by the page's policy; `mixed`: http from a page of
 *  https; `nothing`: no database there, or nobody answers; `kept`: the same, but this browser has kept it. */
export interface Trial extends Place { outcome: "database" | "kept" | "nothing" | "blocked" | "mixed" }

/** The port of `rollcall-server`. */
const PORT = 7878;
/** A place that says nothing for so many milliseconds has nothing. */
const PATIENCE = 4000;

/** Places to look, best first. `base` is the folder Stash is in; `setting` is what the user typed. Who
 *  typed an address means that one and no other. `standard` is the database of whoever published the plugin. */
export function candidates(base: string, setting: string, offline: boolean, standard = ""): Place[] {
  const root = new URL(base);
  const at = (url: string, found: Place["found"]): Place => ({ url: new URL(url, root).href, found });
  if (setting !== "") {
    // `/x` is meant from Stash's own root, which may be a sub-path.
    const relative = setting.startsWith("/") && !setting.startsWith("//") ? setting.slice(1) : setting;
    const url = parse(relative, root);
    if (!url || (offline && url.origin !== root.origin)) return [];
    const folder = url.href.replace(/[?#].*$/, "").replace(/\/?$/, "/");
    return [at(`${folder}database/`, "setting"), at(folder, "setting")];
  }
  const own = [
    at("rollcall/database/", "same-origin"), at("rollcall/", "same-origin"),
    at("plugin/rollcall/assets/database/", "same-origin"),
    at("custom/rollcall/", "custom"), at("custom/rollcall/database/", "custom"),
  ];
  if (offline) return own;
  const last = standard === "" ? [] : [at(standard.replace(/\/?$/, "/"), "default")];
  return [...own, at(`${root.protocol}//${root.hostname}:${PORT}/database/`, "host"), ...last];
}

function parse(text: string, root: URL): URL | undefined {
  const withHost = /^[\w.-]+:\d+(\/|$)/.test(text) ? `${root.protocol}//${text}` : text;
  const url = URL.canParse(withHost, root) ? new URL(withHost, root) : undefined;
  return url && /^https?:$/.test(url.protocol) ? url : undefined;
}

/** Asks a place for its `latest.json`; Stash answers unknown addresses with its own page. */
async function attempt(place: Place, refusals: Refusals): Promise<Trial> {
  const url = new URL("latest.json", place.url);
  if (location.protocol === "https:" && url.protocol === "http:" && !isLoopback(url.hostname)) return { ...place, outcome: "mixed" };
  try {
    const response = await fetch(url, { cache: "no-cache", credentials: "same-origin", signal: AbortSignal.timeout(PATIENCE) });
    const text = response.ok ? (await response.text()).slice(0, 4096) : "";
    return { ...place, outcome: isLatest(text) ? "database" : "nothing" };
  } catch {
    return { ...place, outcome: (await refusals.refused(url)) ? "blocked" : "nothing" };
  }
}

function isLatest(text: string): boolean {
  try {
    const { format, manifest } = JSON.parse(text) as { format?: unknown; manifest?: unknown };
    return typeof format === "number" && typeof manifest === "string";
  } catch {
    return false;
  }
}

function isLoopback(host: string): boolean {
  return host === "localhost" || host === "[::1]" || host.startsWith("127.");
}

/** Asks one place after the other until one has a database; all that were asked come back. Where none has,
 *  the first whose database was `kept` by this browser stands in for it. */
export async function locate(places: readonly Place[], refusals: Refusals, kept: () => Promise<readonly string[]>): Promise<Trial[]> {
  const trials: Trial[] = [];
  for (const place of places) {
    const trial = await attempt(place, refusals);
    trials.push(trial);
    if (trial.outcome === "database") return trials;
  }
  const there = await kept();
  const first = trials.find(({ url }) => there.includes(url));
  return trials.map((trial) => (trial === first ? { ...trial, outcome: "kept" } : trial));
}
