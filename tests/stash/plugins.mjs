// Plugins as Stash reads them: a manifest with one unknown key does not load.

import { readFileSync, readdirSync } from "node:fs";
import { basename, dirname, extname, join } from "node:path";
import { parse } from "yaml";
import { inside, notFound, sendBytes, sendFile } from "./files.mjs";

const text = (value) => typeof value === "string";
const list = (of) => (value) => value === null || (Array.isArray(value) && value.every(of));
const map = (of) => (value) => value === null || (isMap(value) && Object.values(value).every(of));
const isMap = (value) => typeof value === "object" && value !== null && !Array.isArray(value);
const TASK = { name: text, description: text, execArgs: list(text), defaultArgs: map(() => true) };
/** The whole of what a manifest may hold: a function says whether a value will do, an object holds keys. */
const MANIFEST = {
  name: text, description: text, url: text, version: text,
  interface: (value) => ["raw", "rpc", "js"].includes(value),
  exec: list(text), errLog: text,
  tasks: [TASK], hooks: [{ ...TASK, triggeredBy: list(text) }],
  ui: {
    requires: list(text), javascript: list(text), css: list(text), assets: map(text),
    csp: { "script-src": list(text), "style-src": list(text), "connect-src": list(text) },
  },
  settings: { "*": { type: (value) => ["STRING", "NUMBER", "BOOLEAN"].includes(value), displayName: text, description: text } },
};

/** What is wrong with a manifest, or null. */
export function refusal(source) {
  let manifest;
  try { manifest = parse(source, { uniqueKeys: true }); } catch (error) { return `not YAML: ${error.message}`; }
  if (!isMap(manifest)) return "not a map of keys";
  return check(manifest, MANIFEST, "") ?? (text(manifest.name) ? null : "no name");
}

function check(value, wanted, where) {
  if (typeof wanted === "function") return wanted(value) ? null : `${where} has the wrong type`;
  if (Array.isArray(wanted)) {
    if (!Array.isArray(value)) return `${where} is not a list`;
    return first(value.map((item, place) => check(item, wanted[0], `${where}[${place}]`)));
  }
  if (!isMap(value)) return `${where} is not a map of keys`;
  return first(Object.entries(value).map(([key, inner]) => {
    const rule = Object.hasOwn(wanted, key) ? wanted[key] : wanted["*"];
    const path = where ? `${where}.${key}` : key;
    return rule ? check(inner, rule, path) : `unknown key ${path}`;
  }));
}

const first = (results) => results.find((result) => result !== null) ?? null;

/** Reads every .yml below the folders, or the .yml files named. The id is the file's name, not the
 *  folder's. Gives `{ loaded: [{ id, folder, manifest }], refused: { id: reason } }`. */
export function loadPlugins(places) {
  const loaded = [], refused = {};
  for (const file of places.flatMap(manifests)) {
    const id = basename(file, extname(file));
    const source = readFileSync(file, "utf8");
    const reason = refusal(source);
    if (reason) refused[id] = reason;
    else loaded.push({ id, folder: dirname(file), manifest: parse(source) });
  }
  return { loaded, refused };
}

function manifests(place) {
  if (/\.ya?ml$/.test(place)) return [place];
  return readdirSync(place, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith(".yml")).map((entry) => join(entry.parentPath, entry.name)).sort();
}

const external = (path) => /^https?:\/\//.test(path);
const ui = (plugin) => plugin.manifest.ui ?? {};

/** What the enabled plugins add to the page's policy. */
export function additions(plugins) {
  const csp = (key) => plugins.flatMap((plugin) => ui(plugin).csp?.[key] ?? []);
  const scripts = plugins.flatMap((plugin) => ui(plugin).javascript ?? []).filter(external);
  return { script: [...scripts, ...csp("script-src")], style: csp("style-src"), connect: csp("connect-src") };
}

/** The fields of GraphQL's `Plugin`. */
export function pluginView(plugin, base, enabled) {
  const { manifest } = plugin;
  const paths = (kind, files = []) => [
    ...(files.some((file) => !external(file)) ? [`${base}/plugin/${plugin.id}/${kind}`] : []), ...files.filter(external),
  ];
  const settings = Object.entries(manifest.settings ?? {}).map(([name, setting]) => ({
    name, display_name: setting.displayName ?? null, description: setting.description ?? null, type: setting.type ?? "STRING",
  }));
  return {
    id: plugin.id, name: manifest.name, description: manifest.description ?? null, url: manifest.url ?? null,
    version: manifest.version ?? null, enabled, tasks: [], hooks: [], settings, requires: ui(plugin).requires ?? [],
    paths: { javascript: paths("javascript", ui(plugin).javascript ?? []), css: paths("css", ui(plugin).css ?? []) },
  };
}

/** Answers `/plugin/<id>/<path>`; false where no such plugin's file is meant. */
export function servePlugin(plugins, request, response, [id, kind, ...rest]) {
  const plugin = plugins.find((one) => one.id === id);
  if (!plugin) return notFound(response);
  if (kind === "javascript" && rest.length === 0) return sendTogether(plugin, "javascript", request, response);
  if (kind === "css" && rest.length === 0) return sendTogether(plugin, "css", request, response);
  if (kind !== "assets") return notFound(response);
  // Keys are matched as prefixes of "/path", so only those that begin with a slash ever match.
  const path = `/${rest.join("/")}`;
  const assets = ui(plugin).assets ?? {};
  const key = Object.keys(assets).find((prefix) => prefix !== "/" && path.startsWith(prefix)) ?? "/";
  if (assets[key] === undefined) return notFound(response);
  const below = key === "/" ? path : path.slice(key.length);
  return sendFile(request, response, inside(join(plugin.folder, assets[key]), below));
}

/** All of a plugin's scripts, or styles, one after the other. */
function sendTogether(plugin, kind, request, response) {
  const files = (ui(plugin)[kind] ?? []).filter((file) => !external(file));
  let bytes;
  try { bytes = Buffer.concat(files.map((file) => readFileSync(join(plugin.folder, file)))); } catch {
    return response.writeHead(500).end();
  }
  return sendBytes(request, response, bytes, kind === "css" ? "text/css" : "text/javascript");
}
