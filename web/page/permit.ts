// What this page may do with the host's database. It takes any picture that is dropped on it, so it
// must not become a tool for pointing at strangers: it searches a collection of the host's owner
// (and the sample), but a published database only where the owner allows it, and then it names only
// whom it is sure of. See "The stand-alone page" in docs/HOSTING.md.

import { Rollcall, type DatabaseFacts, type EngineReport, type Identification, type IdentifyListeners, type Listeners, type Match, type RollcallOptions } from "../client/index.ts";
import { beside } from "./dom.ts";
import { certainty } from "./words.ts";

/** All names; only those that are sure; no search. */
export type Permit = "all" | "sure" | "none";

/** What decides, and what the page tells of it. */
type Origin = Pick<DatabaseFacts, "own" | "signer" | "sources">;

/** This host's database is not for this page. */
export class NotPermitted extends Error {
  readonly origin: Origin;

  constructor(origin: Origin) {
    super("this page does not search this host's database");
    this.origin = origin;
  }
}

/** Rollcall as far as this page may use it: answers come out with no more than it may tell. */
export class PermittedRollcall {
  readonly #rollcall: Rollcall;
  /** Never `none`. */
  readonly permit: Permit;

  private constructor(rollcall: Rollcall, permit: Permit) {
    this.#rollcall = rollcall;
    this.permit = permit;
  }

  /** Starts it. Rejects with {@link NotPermitted}, before anything is fetched where the host says so. */
  static async start(options: RollcallOptions, on: Listeners): Promise<PermittedRollcall> {
    const told = await askHost();
    if (told?.page === "none") throw new NotPermitted(told);
    const rollcall = await Rollcall.start(options, on);
    // The manifest itself counts more: the database may be another one by now.
    const permit = permitOf(rollcall.database, told?.page ?? null);
    if (rollcall.database && permit === "none") {
      rollcall.close();
      throw new NotPermitted(rollcall.database);
    }
    return new PermittedRollcall(rollcall, permit);
  }

  get engine(): EngineReport {
    return this.#rollcall.engine;
  }

  get database(): DatabaseFacts | null {
    return this.#rollcall.database;
  }

  async identify(picture: Blob, on: IdentifyListeners): Promise<Identification> {
    const { provisional } = on;
    const found = await this.#rollcall.identify(picture, {
      ...on,
      provisional: provisional && ((first) => provisional(permitted(first, this.permit))),
    });
    return permitted(found, this.permit);
  }

  close(): void {
    this.#rollcall.close();
  }
}

/** What a database's own manifest and its host allow together. A host that says nothing is a plain
 *  server of files. */
export function permitOf(database: Pick<DatabaseFacts, "own"> | null, host: Permit | null): Permit {
  if (!database) return "all"; // nobody can be named
  if (database.own) return host ?? "all";
  return host === "sure" ? "sure" : "none";
}

/** The answer with what may be told: where only sure names may, everybody else is unknown, and nobody
 *  else comes into question. */
export function permitted(found: Identification, permit: Permit): Identification {
  if (permit === "all") return found;
  const matches = found.answer.matches.map((match): Match => {
    if (permit === "sure" && !match.unknown && certainty(match.confidence).kind === "sure") {
      return { ...match, candidates: match.candidates.filter((one) => one.performer_id === match.performer_id) };
    }
    const { appearances, faces } = match;
    return { unknown: true, appearances, faces, candidates: [] };
  });
  return { ...found, answer: { ...found.answer, matches } };
}

/** Why a database counts as published, in half a sentence. */
export function published({ sources, signer }: Origin): string {
  const names = Object.keys(sources).filter((source) => source !== "local");
  const people = names.length > 0 ? `the people in it come from ${names.join(" and ")}` : "";
  const key = signer ? "somebody has signed it" : "";
  return [people, key].filter(Boolean).join(", and ") || "it is not made of somebody's own pictures";
}

/** What `rollcall-server` says of its database; null where there is none, or where another server
 *  hands out the files. */
async function askHost(): Promise<(Origin & { page: Permit }) | null> {
  try {
    const response = await fetch(beside("database/info"));
    const told: unknown = response.ok ? await response.json() : null;
    return isTold(told) ? told : null;
  } catch {
    return null; // no JSON, or not reachable: then the database will not be either
  }
}

function isTold(told: unknown): told is Origin & { page: Permit } {
  if (typeof told !== "object" || told === null) return false;
  const { page, sources } = told as Partial<Origin & { page: unknown }>;
  return (page === "all" || page === "sure" || page === "none") && typeof sources === "object" && sources !== null;
}
