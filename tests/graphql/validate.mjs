// Holds GraphQL documents against the schemas they will be sent to.
//
//     node tests/graphql/validate.mjs SCHEMA=DOCUMENTS...
//
// SCHEMA is `stash-0.31`, `stash-0.30`, or a file or folder of SDL; DOCUMENTS a .graphql file or a
// folder that is searched for them. No document may ask for a secret. The last line counts.

import { readFileSync, readdirSync, statSync } from "node:fs";
import { join, relative } from "node:path";
import { buildSchema, GraphQLError, Kind, parse, Source, specifiedRules, validate } from "graphql";
import { stashSchema } from "./schemas.mjs";

/** Fields that hold somebody's key. */
const SECRETS = new Set(["api_key", "apiKey", "password", "handyKey"]);

/** A rule of `validate`: nothing we send asks for a key. */
function asksForNoSecret(context) {
  return {
    Field(node) {
      if (SECRETS.has(node.name.value)) context.reportError(new GraphQLError(`asks for ${node.name.value}`, { nodes: node }));
    },
  };
}

/** A rule of `validate`: every operation has a name, which logs and tests tell it by. */
function hasAName(context) {
  return {
    [Kind.OPERATION_DEFINITION](node) {
      if (!node.name) context.reportError(new GraphQLError("an operation has no name", { nodes: node }));
    },
  };
}

/** The .graphql files at a path, parsed. */
export function documents(path) {
  return files(path).map((file) => ({ file, document: parse(new Source(readFileSync(file, "utf8"), relative(".", file))) }));
}

function files(path) {
  if (!statSync(path).isDirectory()) return [path];
  return readdirSync(path, { recursive: true }).filter((name) => name.endsWith(".graphql")).sort().map((name) => join(path, name));
}

/** The schema that a name or a path stands for. */
export function schemaOf(name) {
  const [, version] = /^stash-(0\.\d+)$/.exec(name) ?? [];
  return version ? stashSchema(version) : buildSchema(files(name).map((file) => readFileSync(file, "utf8")).join("\n"));
}

/** What is wrong with the documents at `path`, as sentences with file and line. */
export function problems(schema, path) {
  const names = new Map();
  return documents(path).flatMap(({ file, document }) => {
    const errors = validate(schema, document, [...specifiedRules, asksForNoSecret, hasAName]);
    const found = errors.map(({ message, locations }) => `${file}:${locations?.[0]?.line ?? 1}: ${message}`);
    for (const { name } of document.definitions.filter(({ kind }) => kind === Kind.OPERATION_DEFINITION)) {
      if (names.has(name?.value)) found.push(`${file}: ${name.value} is the name of an operation in ${names.get(name.value)}, too`);
      if (name) names.set(name.value, file);
    }
    return found;
  });
}

if (process.argv[1] === import.meta.filename) {
  const found = process.argv.slice(2).flatMap((pair) => {
    const at = pair.indexOf("=");
    const [schema, path] = [pair.slice(0, at), pair.slice(at + 1)];
    const wrong = problems(schemaOf(schema), path);
    console.log(`${schema}: ${documents(path).length} documents of ${path}, ${wrong.length} problems`);
    return wrong;
  });
  for (const line of found) console.log(line);
  process.exitCode = found.length > 0 ? 1 : 0;
}
