// The client of web/, loaded when it is first needed.

import type { Rollcall, RollcallOptions, Listeners } from "../../../web/client/index.ts";
import { fields } from "../shapes.ts";
import { lazily } from "./lazily.ts";

interface ClientModule {
  Rollcall: { start(options: RollcallOptions, on?: Listeners): Promise<Rollcall> };
}

const client = lazily<ClientModule>("client.js");

export async function startClient(options: RollcallOptions, on: Listeners): Promise<Rollcall> {
  const { Rollcall } = await client();
  return Rollcall.start(options, on);
}

/** What tells the embeddings of a session's models from those of others. */
export function modelsOf({ embedders }: Pick<Rollcall, "embedders">): string {
  return embedders.map((sha256) => sha256.slice(0, 16)).join("+");
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
