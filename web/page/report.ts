// How it was done: engine, times, models, database.

import type { EngineReport, Identification, Timings } from "../client/index.ts";
import { byId, el } from "./dom.ts";
import { count, duration, engineName, sentence } from "./words.ts";

/** Fills the facts at the foot of the page. */
export function report(engine: EngineReport, found: Identification | null): void {
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
    facts.push(["Database", answer.database
      ? `version ${answer.database.version}, ${count(answer.database.performers, "person", "people")}`
      : "none on this host"]);
    if (answer.partial) {
      facts.push(["Incomplete", "Part of the database could not be read, so somebody may be missing."]);
    }
  }
  byId("facts", HTMLElement).replaceChildren(
    ...facts.map(([name, text]) => el("div", {}, el("dt", {}, name), el("dd", {}, text))),
  );
}

function times(timings: Timings): string {
  return Object.entries(timings)
    .map(([stage, ms]: [string, number]) => `${stage} ${duration(ms)}`)
    .join(" · ");
}
