// Whether the database's host has a newer one than the session uses: the page has been open for long, or
// the host was away when it started.

import { number } from "../shapes.ts";
import type { Session } from "./session.ts";
import { smallJson } from "./small.ts";

export interface Newer {
  version: string;
  /** Bytes of all its files, of which a browser fetches what it needs; undefined where the host does not say. */
  bytes: number | undefined;
}

/** Asks the host; a host that is down has nothing newer. */
export async function newerThan({ place, rollcall: { database } }: Pick<Session, "place" | "rollcall">): Promise<Newer | undefined> {
  if (!place || !database) return undefined;
  const { version } = await smallJson(new URL("latest.json", place));
  if (typeof version !== "string" || !isNewer(version, database.version)) return undefined;
  // What `rollcall-server` tells of its database; static hosts say nothing.
  const info = await smallJson(new URL("info", place));
  const size = number(info["bytes"], 0, 1e13);
  return { version, bytes: info["version"] === version && size > 0 ? size : undefined };
}

/** Versions are three numbers, such as 2026.11.1; what is none is never newer. */
export function isNewer(version: string, than: string): boolean {
  if (!/^\d{1,9}\.\d{1,9}\.\d{1,9}$/.test(version)) return false;
  const [a, b] = [version, than].map((text) => text.split(".").map(Number)) as [number[], number[]];
  const place = a.findIndex((part, i) => part !== b[i]);
  return place >= 0 && (a[place] ?? 0) > (b[place] ?? 0);
}
