// What the double's own tests share.

import { mkdtempSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { stashSchema } from "../graphql/schemas.mjs";
import { startStash } from "./server.mjs";

/** A Stash whose plugins are `{ id: { "id.yml": text, "a.js": text, … } }`; `ask(document, variables)`
 *  sends a GraphQL request and gives what came back. */
export async function start({ plugins = {}, schema = "0.31", ...options } = {}) {
  const folder = mkdtempSync(join(tmpdir(), "rollcall-stash-"));
  for (const [id, files] of Object.entries(plugins)) {
    for (const [name, content] of Object.entries(files)) {
      const file = join(folder, id, name);
      mkdirSync(dirname(file), { recursive: true });
      writeFileSync(file, content);
    }
  }
  const stash = await startStash({ plugins: [folder], schema: stashSchema(schema), ...options });
  const url = `http://127.0.0.1:${stash.port}`;
  const ask = async (query, variables = {}, headers = {}) => {
    const response = await fetch(`${url}/graphql`, {
      method: "POST", headers: { "Content-Type": "application/json", ...headers }, body: JSON.stringify({ query, variables }),
    });
    return response.ok || response.status === 422 ? response.json() : { status: response.status };
  };
  const close = () => { stash.close(); rmSync(folder, { recursive: true, force: true }); };
  return Object.assign(stash, { url, ask, folder, stop: close });
}
