// Writes the types of documents from the schema they are sent to.
//
//     node tests/graphql/generate.mjs SCHEMA DOCUMENTS [--check]
//
// DOCUMENTS/documents.d.ts says what the import of each .graphql file is: its text, with the types of
// its variables and of its answer. With --check nothing is written, and a file that is not what would
// be written is an error.

import { readFileSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { codegen } from "@graphql-codegen/core";
import * as operations from "@graphql-codegen/typescript-operations";
import { buildASTSchema, Kind, parse, printSchema, visit } from "graphql";
import { documents, schemaOf } from "./validate.mjs";

const HEAD = `// Written by tests/graphql/generate.mjs from the .graphql files beside it. Do not edit.

/** The text of a GraphQL document, which knows the types of its variables and of its answer. */
declare type GraphqlText<Data, Variables> = string & { readonly types?: (variables: Variables) => Data };
`;

/** Ways through the filters into rooms that no document of ours enters. */
const ELSEWHERE = /^(movies|groups|studios|markers|files|tags|galleries|images|scenes)_filter$/;

/** The schema as a list of names: without its words, which are not ours, and without what we never ask. */
function bare(schema) {
  const named = (node) => ({ ...node, description: undefined });
  return buildASTSchema(visit(parse(printSchema(schema)), {
    enter(node) {
      if (node.kind === Kind.INPUT_VALUE_DEFINITION && ELSEWHERE.test(node.name.value)) return null;
      if (node.kind === Kind.DIRECTIVE && node.name.value === "deprecated") return null;
      return "description" in node ? named(node) : undefined;
    },
  }));
}

/** What documents.d.ts shall be. */
export async function types(schema, folder) {
  const found = documents(folder);
  const text = await codegen({
    schema: undefined, schemaAst: bare(schema), filename: "types.ts",
    documents: found.map(({ file, document }) => ({ location: file, document })),
    plugins: [{ operations: {} }],
    pluginMap: { operations },
    config: {
      enumsAsTypes: true, enumType: "string-literal", skipTypename: true, noExport: true, useTypeImports: true, onlyOperationTypes: true,
      scalars: { ID: "string", Map: "Record<string, unknown>", PluginConfigMap: "Record<string, Record<string, unknown>>", Time: "string", Any: "unknown", Int64: "number" },
      defaultScalarType: "unknown", maybeValue: "T | null", avoidOptionals: { field: true },
    },
  });
  const modules = found.map(({ file, document }) => {
    const { name: { value }, operation } = document.definitions.find(({ kind }) => kind === Kind.OPERATION_DEFINITION);
    const type = `${value}${operation === "query" ? "Query" : "Mutation"}`;
    return `declare module "*/${basename(file)}" {\n  const text: GraphqlText<${type}, ${type}Variables>;\n  export default text;\n}\n`;
  });
  return `${HEAD}\n${text.replace(/^export /gm, "declare ").trim()}\n\n${modules.join("")}`;
}

if (process.argv[1] === import.meta.filename) {
  const [schema, folder] = process.argv.slice(2);
  const file = join(folder, "documents.d.ts");
  const wanted = await types(schemaOf(schema), folder);
  if (!process.argv.includes("--check")) writeFileSync(file, wanted);
  else if (readFileSync(file, "utf8") !== wanted) {
    console.log(`${file} is not of these documents: node tests/graphql/generate.mjs ${schema} ${folder}`);
    process.exitCode = 1;
  }
}
