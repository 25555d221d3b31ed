// Lines that are read in more than one place.

import type { DatabaseFacts, EngineReport } from "../../../web/client/index.ts";
import { t } from "../words.ts";

/** What computes, and why that. */
export function engineLine({ name, adapter, why }: EngineReport): string {
  return `${name === "wonnx" ? t("onGpu", { adapter: adapter ?? "" }) : t("onCpu")} ${why}`;
}

/** Which database is asked. */
export function databaseLine(database: Pick<DatabaseFacts, "version" | "performers"> | null): string {
  return database ? t("asked", { version: database.version, n: database.performers }) : t("askedNone");
}
