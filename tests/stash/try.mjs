// Starts the double by hand, to look at a plugin in a browser:
//
//     node tests/stash/try.mjs --library DIR [--plugins DIR]

import { parseArgs } from "node:util";
import { stashSchema } from "../graphql/schemas.mjs";
import { photoLibrary } from "./fixtures.mjs";
import { startStash } from "./server.mjs";

const { values } = parseArgs({ options: { library: { type: "string" }, plugins: { type: "string", multiple: true } } });
const library = values.library ? photoLibrary(values.library) : undefined;
const stash = await startStash({ ...(library && { library }), plugins: values.plugins ?? [], schema: stashSchema() });
for (const [id, reason] of Object.entries(stash.refused)) console.log(`the plugin ${id} does not load: ${reason}`);
console.log(`http://localhost:${stash.port}/scenes`);
