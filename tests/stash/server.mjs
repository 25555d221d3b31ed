// A Stash server for tests: see README.md. The plugin under test cannot tell it from the real one.

import http from "node:http";
import { text } from "node:stream/consumers";
import { extname } from "node:path";
import { Faults } from "./faults.mjs";
import { inside, notFound, sendBytes, sendFile } from "./files.mjs";
import { answerGraphql } from "./graphql/endpoint.mjs";
import { Library } from "./library.mjs";
import { serveMedia } from "./media.mjs";
import { additions, loadPlugins, servePlugin } from "./plugins.mjs";
import { pagePolicy } from "./policy.mjs";
import { Sessions } from "./session.mjs";
import { uiFiles } from "./ui.mjs";

/**
 * Starts a Stash on a free port of 127.0.0.1.
 * @param {object} options
 * @param {Library} [options.library] what it knows
 * @param {string[]} [options.plugins] folders that are searched for manifests, or manifests
 * @param {{username: string, password: string, apiKey: string} | null} [options.credentials]
 * @param {Record<string, string>} [options.custom] `custom_served_folders`: a path below /custom to a folder
 * @param {import("graphql").GraphQLSchema} [options.schema] of tests/graphql/schemas.mjs; without it /graphql is 501
 * @param {string} [options.version] such as `v0.31.0`
 */
export async function startStash({ library = new Library(), plugins = [], credentials = null, custom = {}, schema, version = "v0.31.0" } = {}) {
  const { loaded, refused } = loadPlugins(plugins);
  const stash = {
    library, schema, version,
    /** Plugins that loaded, and why others did not. */
    plugins: loaded, refused,
    sessions: new Sessions(credentials),
    faults: new Faults(),
    /** Every request: `{ method, path, query, status, operation, variables, errors }`. */
    log: [],
    /** The variables with which an operation was asked, in order. */
    asked: (operation) => stash.log.filter((entry) => entry.operation === operation).map((entry) => entry.variables),
    enabled: () => loaded.filter((plugin) => !library.disabledPlugins.has(plugin.id)),
  };
  const server = http.createServer((request, response) => {
    answer(stash, custom, request, response).catch((error) => {
      console.error(error);
      if (response.headersSent) response.destroy();
      else response.writeHead(500).end(`${error}\n`);
    });
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  stash.port = server.address().port;
  stash.close = () => { server.close(); server.closeAllConnections(); };
  return stash;
}

async function answer(stash, custom, request, response) {
  const url = new URL(request.url, "http://stash");
  const prefix = (request.headers["x-forwarded-prefix"] ?? "").replace(/\/+$/, "");
  const scheme = request.headers["x-forwarded-proto"] === "https" ? "https" : "http";
  const base = `${scheme}://${request.headers.host}${prefix}`;
  const asked = await heard(request, url);
  stash.log.push(asked);
  response.on("finish", () => { asked.status = response.statusCode; });
  if (request.headers.origin) response.setHeader("Access-Control-Allow-Origin", "*");
  response.setHeader("X-Content-Type-Options", "nosniff");

  const fault = stash.faults.of(asked);
  if (fault?.cut) return response.destroy();
  if (fault?.delay) await new Promise((resolve) => setTimeout(resolve, fault.delay));
  fault?.run?.(stash);
  if (fault?.answer?.(asked, response)) return undefined;
  if (await stash.sessions.answer(request, response, url, prefix)) return undefined;
  if (!stash.sessions.allows(request, url)) return stash.sessions.refuse(response, url, prefix);
  if (fault?.status) return response.writeHead(fault.status, { "Content-Type": fault.type ?? "text/plain" }).end(fault.body);

  const [room, ...rest] = url.pathname.slice(1).split("/");
  switch (room) {
    case "graphql": return answerGraphql(stash, asked, base, response, fault?.errors);
    // The plugin's own page has no extension and no third part.
    case "plugin": if (rest.length > 1) return servePlugin(stash.plugins, request, response, rest); break;
    case "custom": return sendCustom(custom, request, response, url.pathname.slice("/custom".length));
    case "scene": case "image": case "gallery": case "performer": return serveMedia(stash.library, request, response, url);
    case "assets": return sendUi(request, response, url.pathname.slice(1));
    default:
  }
  return extname(url.pathname) ? notFound(response) : index(stash, response, prefix);
}

/** What the log says of a request; reads the body of GraphQL. */
async function heard(request, url) {
  const query = new URLSearchParams(url.search);
  if (query.has("apikey")) query.set("apikey", "[hidden]");
  const asked = { method: request.method, path: url.pathname, query: query.toString(), range: request.headers.range ?? null };
  if (url.pathname !== "/graphql" || request.method !== "POST") return asked;
  const body = await text(request);
  try {
    const { query: document, operationName, variables = {} } = JSON.parse(body);
    return { ...asked, document, operation: operationName ?? nameOf(document), variables };
  } catch {
    return { ...asked, document: null };
  }
}

const nameOf = (document) => /\b(?:query|mutation)\s+(\w+)/.exec(document ?? "")?.[1] ?? null;

function sendCustom(folders, request, response, path) {
  const key = Object.keys(folders).sort((a, b) => b.length - a.length).find((prefix) => prefix !== "/" && path.startsWith(prefix)) ?? "/";
  if (folders[key] === undefined) return notFound(response);
  return sendFile(request, response, inside(folders[key], key === "/" ? path : path.slice(key.length)));
}

async function sendUi(request, response, name) {
  const file = (await uiFiles()).get(name);
  if (!file) return notFound(response);
  return sendBytes(request, response, file, name.endsWith(".css") ? "text/css" : "text/javascript");
}

/** The page: every path without an extension. */
async function index(stash, response, prefix) {
  response.setHeader("Referrer-Policy", "same-origin");
  response.setHeader("Content-Security-Policy", pagePolicy(additions(stash.enabled())));
  response.writeHead(200, { "Content-Type": "text/html; charset=utf-8", "Cache-Control": "no-cache" });
  response.end(`<!doctype html><html lang="en"><head><meta charset="utf-8"><base href="${prefix}/">
<meta name="viewport" content="width=device-width, initial-scale=1"><title>Stash</title><link rel="icon" href="data:,">
<link rel="stylesheet" href="assets/index.css"></head><body><div id="root"></div>
<script type="module" src="assets/index.js"></script></body></html>`);
}
