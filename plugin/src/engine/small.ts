// What a host says in a few words.

import { fields } from "../shapes.ts";

/** A host that says nothing for so many milliseconds is away. */
const PATIENCE = 4000;
const MOST_CHARACTERS = 65_536;

/** The fields of a small JSON file; none where it cannot be had. */
export async function smallJson(url: string | URL): Promise<Record<string, unknown>> {
  try {
    const response = await fetch(url, { cache: "no-cache", credentials: "same-origin", signal: AbortSignal.timeout(PATIENCE) });
    return fields(response.ok ? JSON.parse((await response.text()).slice(0, MOST_CHARACTERS)) : null);
  } catch {
    return {};
  }
}
