// Our own server, with the folders that a benchmark is told.

import { spawn } from "node:child_process";
import { resolve } from "node:path";
import { createInterface } from "node:readline";

/** Starts it on a free port. */
export async function startHost({ server, web, models, samples, database }) {
  const child = spawn(resolve(server), [
    "--web", resolve(web), "--models", resolve(models), "--samples", resolve(samples),
    "--database", resolve(database), "--port", "0", "--log-level", "warn",
  ], { stdio: ["ignore", "pipe", "inherit"] });
  const port = await new Promise((done, failed) => {
    createInterface(child.stdout).once("line", (line) => done(Number(new URL(line).port)));
    child.once("exit", (status) => failed(new Error(`rollcall-server stopped (${status})`)));
    child.once("error", failed);
  });
  return { port, close: () => child.kill() };
}
