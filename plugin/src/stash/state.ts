// The plugin's configuration in Stash: the user's settings, and our decisions beside them.

import { parseDecisions, type Decisions } from "../decisions.ts";
import { settingsOf, type Settings } from "../settings.ts";
import { pluginId } from "./api.ts";
import type { StashBox } from "./endpoints.ts";
import { ask, change, refresh } from "./graphql.ts";
import configurationDocument from "../graphql/configuration.graphql";
import configureDocument from "../graphql/configure.graphql";

/** One text, because Stash changes the case of keys and takes dots in them for levels. */
const DECISIONS = "decisions";

export interface Configuration {
  settings: Settings;
  decisions: Decisions;
  boxes: StashBox[];
  language: string;
  stash: string;
}

type Answer = Awaited<ReturnType<NonNullable<(typeof configurationDocument)["types"]>>>;

async function read(): Promise<{ stored: Record<string, unknown>; answer: Answer }> {
  const answer = await ask(configurationDocument, { plugin: [pluginId] });
  return { stored: { ...answer.configuration.plugins[pluginId] }, answer };
}

export async function configuration(): Promise<Configuration> {
  const { stored, answer: { configuration: { general, interface: { language } }, version } } = await read();
  return {
    settings: settingsOf(stored),
    decisions: parseDecisions(stored[DECISIONS]),
    boxes: general.stashBoxes.map(({ endpoint, name }) => ({ endpoint, name })),
    language: language ?? "en-GB",
    stash: version.version ?? "",
  };
}

let last: Promise<unknown> = Promise.resolve();

/** Changes the decisions. Stash overwrites the whole configuration, so it is read just before; our
 *  own changes wait for each other. */
export function decide(how: (decisions: Decisions) => Decisions): Promise<Decisions> {
  const next = last.catch(() => undefined).then(async () => {
    const { stored } = await read();
    const before = parseDecisions(stored[DECISIONS]);
    const after = how(before);
    if (after !== before) await write({ ...stored, [DECISIONS]: JSON.stringify(after) });
    return after;
  });
  last = next;
  return next;
}

/** Changes a setting, as Stash's own form does. */
export async function set(key: string, value: string | number | boolean): Promise<void> {
  const { stored } = await read();
  await write({ ...stored, [key]: value });
}

async function write(input: Record<string, unknown>): Promise<void> {
  await change(configureDocument, { plugin: pluginId, input });
  // Stash's settings page writes all of what it has read: it must not have read the old.
  await refresh("Configuration");
}
