// How it was done: engine, times, models, database.

import type { DatabaseFacts, EngineReport, Identification, Timings } from "../client/index.ts";
import { byId, el } from "./dom.ts";
import type { Permit } from "./permit.ts";
import { count, duration, engineName, sentence } from "./words.ts";

/** Fills the facts at the foot of the page. */
export function report(
  engine: EngineReport, database: DatabaseFacts | null, permit: Permit, found: Identification | null,
): void {
  const used = found?.answer.engine ?? engine;
  const facts: [string, string][] = [
    ["Engine", engineName(used)],
    ["Why this one", sentence(used.why || "it is the one that was asked for")],
  ];
  if (used.dispatches > 0) facts.push(["Work for the graphics card", count(used.dispatches, "pass", "passes")]);
  if (found) {
    const { answer } = found;
    facts.push(["Times", times(found.timings)]);
    facts.push(["Models", answer.models.join(", ")]);
    if (answer.provisional) {
      facts.push(["Provisional", "Part of the database is still on its way; a better answer follows."]);
    }
    if (answer.partial) {
      facts.push(["Incomplete", "Part of the database could not be read, so somebody may be missing."]);
    }
  }
  facts.push(["Database", database
    ? `version ${database.version}, ${count(database.performers, "person", "people")}${database.kept ? ", kept in this browser" : ""}`
    : "none on this host"]);
  if (database) facts.push(["Signed by", signer(database)]);
  if (permit === "sure") {
    facts.push(["Names", "Only of people who look very much alike, since the database is a published one."]);
  }
  if (database?.decoys) {
    facts.push(["Decoys", "Made-up searches go with yours, so that the database's host can hardly tell who was looked for."]);
  }
  byId("facts", HTMLElement).replaceChildren(
    ...facts.map(([name, text]) => el("div", {}, el("dt", {}, name), el("dd", {}, text))),
  );
}

function signer(database: DatabaseFacts): string {
  if (!database.signer) return "nobody: believe it as much as you believe its host";
  if (database.known_signer) return `${database.signer}, as before`;
  const visit = database.first_visit ? "first visit" : "not the signer of before";
  const later = database.kept ? "; another signer will not be believed from now on without your word" : "";
  return `${database.signer} (${visit}: compare this with what its maintainer says${later})`;
}

function times(timings: Timings): string {
  return Object.entries(timings)
    .map(([stage, ms]: [string, number]) => `${stage} ${duration(ms)}`)
    .join(" · ");
}
