// `POST /graphql`: operations run against Stash's real schema, with the resolvers of this folder.

import {
  execute, isEnumType, isListType, isNonNullType, isScalarType, parse, validate,
} from "graphql";
import { mutations } from "./mutations.mjs";
import { queries } from "./queries.mjs";

/** Runs what `asked` says and answers as gqlgen does: 422 for what does not validate, else 200. */
export async function answerGraphql(stash, asked, base, response, refusals) {
  const send = (status, result) => {
    asked.errors = result.errors?.map(({ message }) => message);
    response.writeHead(status, { "Content-Type": "application/json" }).end(JSON.stringify(result));
  };
  if (!stash.schema) return response.writeHead(501).end("no schema: give startStash one\n");
  if (typeof asked.document !== "string") return send(400, { errors: [{ message: "no operation provided" }], data: null });
  if (refusals) return send(200, { errors: refusals.map((message) => ({ message })), data: null });
  let document;
  try { document = parse(asked.document); } catch (error) { return send(422, { errors: [error], data: null }); }
  const errors = validate(stash.schema, document);
  if (errors.length > 0) return send(422, { errors, data: null });
  const result = await execute({
    schema: stash.schema, document, operationName: asked.operation, variableValues: asked.variables,
    rootValue: { ...queries, ...mutations }, contextValue: { stash, library: stash.library, base },
    fieldResolver: resolve,
  });
  return send(200, result);
}

const ROOTS = ["Query", "Mutation"];

/** Fields that a view does not have are empty; operations that the double does not know are errors. */
function resolve(source, args, context, info) {
  const value = source[info.fieldName];
  if (typeof value === "function") return value(args, context, info);
  if (value !== undefined) return value;
  if (ROOTS.includes(info.parentType.name)) throw new Error(`the double does not know ${info.fieldName}`);
  return isNonNullType(info.returnType) ? empty(info.returnType.ofType) : null;
}

function empty(type) {
  if (isListType(type)) return [];
  if (isEnumType(type)) return type.getValues()[0].value;
  if (!isScalarType(type)) return {};
  if (["Int", "Float", "Int64"].includes(type.name)) return 0;
  if (type.name === "Boolean") return false;
  return type.name.endsWith("Map") ? {} : "";
}
