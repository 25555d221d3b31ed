// What run.mjs tells the test files: where the servers are and where the data lies.

const text = process.env.ROLLCALL_BROWSER_TESTS;
if (!text) throw new Error("start the browser tests with `node tests/browser/run.mjs`, or `cargo xtask test`");

/** `{ site, stash, web, models, database, samples, references, published, server }`: two ports, six
 *  folders and the program of the host. */
export const config = JSON.parse(text);
