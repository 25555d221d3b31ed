// One Rollcall for the page: settings and database are those of its start. It ends when something of
// them changes.

import type { Progress, RequestRecord, Rollcall } from "../../../web/client/index.ts";
import { assets, base } from "../stash/api.ts";
import { shown } from "../stash/paths.ts";
import { configuration, type Configuration } from "../stash/state.ts";
import { OWN_PACK } from "../settings.ts";
import { closest, speak } from "../words.ts";
import { kindOf, startClient } from "./client.ts";
import { OwnLibrary } from "./own-library.ts";
import { folderOf } from "./packs.ts";
import { candidates, locate, type Trial } from "./places.ts";
import { Refusals } from "./refusals.ts";
import { keptDatabases } from "./store.ts";

/** Put in by build.mjs: the database of whoever published this build, or nothing. */
declare const DATABASE_URL: string;

export interface Session {
  rollcall: Rollcall;
  configuration: Configuration;
  trials: Trial[];
  /** The folder of the database that is used. */
  place: string | undefined;
  /** The folder of the models. */
  models: string;
  /** Why the database that was found is not used, in a sentence. */
  trouble: unknown;
  /** The user's own performers; more of them may still be learnt. */
  library: OwnLibrary;
}

export interface Hears {
  progress?(progress: Progress | { stage: "library"; done: number; total: number }): void;
}

const refusals = new Refusals();
/** Every request of the worker, newest last; addresses without secrets. */
export const requests: RequestRecord[] = [];
const MOST_REQUESTS = 500;

/** So many new performers are learnt before the first answer: some seconds. */
const FIRST_LESSONS = 20;
/** Without a database they are all there is to be compared with. */
const FIRST_WITHOUT_DATABASE = 300;

/** A database that has changed oddly and that the user takes all the same, in this visit; the client keeps
 *  that in mind for later ones. */
let confirmed: string | undefined;

let opened: Promise<Session> | undefined;
let spoken = "";

/** Stash's language, and settings, as they are now. */
export async function configure(): Promise<Configuration> {
  const now = await configuration();
  if (now.language !== spoken) {
    const language = closest(now.language);
    // English is in the script.
    const file = language === "en" ? {} : await fetch(new URL(`locales/${language}.json`, assets)).then((response) => (response.ok ? response.json() : {})).catch(() => ({}));
    speak(/^en-[A-Z]{2}$/.test(now.language) || language !== "en" ? now.language : language, file as Record<string, string>);
  }
  spoken = now.language;
  return now;
}

/** The session of this page, started where there is none. */
export function session(hears: Hears = {}): Promise<Session> {
  opened ??= open(hears).catch((thrown: unknown) => {
    opened = undefined;
    throw thrown;
  });
  return opened;
}

/** Ends it; the next question starts another one. */
export async function endSession(): Promise<void> {
  const before = opened;
  opened = undefined;
  await before?.then(({ rollcall }) => rollcall.close(), () => undefined);
}

/** Takes the user's word for the database with this manifest: the next session uses it. */
export function confirmDatabase(manifest: string): Promise<void> {
  confirmed = manifest;
  return endSession();
}

async function open(hears: Hears): Promise<Session> {
  const now = await configure();
  const { settings } = now;
  const trials = await locate(candidates(base.href, settings.databaseUrl, settings.offline, DATABASE_URL), refusals, keptDatabases);
  const place = trials.find(({ outcome }) => outcome === "database" || outcome === "kept")?.url;
  const own = settings.modelPack === OWN_PACK;
  const models = own ? new URL(`models/${OWN_PACK}/`, assets).href : await folderOf(settings.modelPack, trials);
  const start = (database: string | undefined): Promise<Rollcall> => startClient({
    assets: assets.href, models, keepModels: !own, database, confirmedManifest: confirmed,
    engine: settings.engine, workers: settings.gentle ? 1 : undefined, minConfidence: settings.minConfidence, maxResults: settings.maxResults, frames: settings.frames,
  }, {
    progress: (progress) => hears.progress?.(progress),
    request: (request) => {
      requests.push({ ...request, url: shown(request.url) });
      if (requests.length > MOST_REQUESTS) requests.shift();
    },
  });
  let rollcall: Rollcall, trouble: unknown;
  try {
    rollcall = await start(place);
  } catch (thrown) {
    if (!place || !isDatabaseTrouble(thrown)) throw thrown;
    // A forged or broken database must not keep anybody from their own library.
    rollcall = await start(undefined);
    trouble = thrown;
  }
  const library = new OwnLibrary(rollcall);
  if (settings.ownLibrary) await learn(library, rollcall.database ? FIRST_LESSONS : FIRST_WITHOUT_DATABASE, hears);
  return { rollcall, configuration: now, trials, place: trouble === undefined ? place : undefined, models, trouble, library };
}

/** Learns enough for a first answer, and the rest while the user looks at that. */
async function learn(library: OwnLibrary, first: number, hears: Hears): Promise<void> {
  const hear = (done: number, total: number): void => hears.progress?.({ stage: "library", done, total });
  await library.recall(hear);
  await library.learn(first, hear);
  // Ends early where the session is ended; whoever was not learnt then is at the next visit.
  void library.learn(Infinity).catch(() => undefined);
}

function isDatabaseTrouble(thrown: unknown): boolean {
  const kind = kindOf(thrown);
  return kind === "database" || kind === "unconfirmed" || kind === "network";
}
