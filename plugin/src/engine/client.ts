// The client of web/, loaded when it is first needed: Stash's whole page waits for the main script.

import type { Rollcall, RollcallOptions, Listeners } from "../../../web/client/index.ts";
import { fields } from "../shapes.ts";
import { assets } from "../stash/api.ts";

interface ClientModule {
  Rollcall: { start(options: RollcallOptions, on?: Listeners): Promise<Rollcall> };
}

let module: Promise<ClientModule> | undefined;

export async function startClient(options: RollcallOptions, on: Listeners): Promise<Rollcall> {
  module ??= import(new URL("client.js", assets).href) as Promise<ClientModule>;
  const { Rollcall } = await module.catch((thrown: unknown) => {
    module = undefined; // a browser asks again only if we do
    throw thrown;
  });
  return Rollcall.start(options, on);
}

/** The `kind` of a `RollcallError`, which comes from a bundle of its own: its class is not ours. */
export function kindOf(thrown: unknown): unknown {
  return fields(thrown)["kind"];
}

/** The models (SHA-256) of a database that was made with none of ours. */
export function otherModels(thrown: unknown): readonly string[] {
  const { kind, models } = fields(thrown);
  return kind === "database" && Array.isArray(models) ? models.filter((model): model is string => typeof model === "string") : [];
}

/** The manifest of a database that is used only if the user says so. */
export function unconfirmed(thrown: unknown): string | undefined {
  const { kind, manifest } = fields(thrown);
  return kind === "unconfirmed" && typeof manifest === "string" ? manifest : undefined;
}
