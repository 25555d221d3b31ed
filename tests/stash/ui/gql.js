// The page's own documents, under the names that Stash's generated client has: `FindSceneDocument`,
// `useFindSceneQuery` and so on.

import { gql, useMutation, useQuery } from "@apollo/client";
import source from "./documents.graphql";

const whole = gql(source);
const fragments = whole.definitions.filter(({ kind }) => kind === "FragmentDefinition");

/** `<Name>Document` and the hook of each operation. */
export const GQL = {};
for (const operation of whole.definitions) {
  if (operation.kind !== "OperationDefinition") continue;
  const name = operation.name.value;
  const document = { kind: "Document", definitions: [operation, ...used(operation)] };
  GQL[`${name}Document`] = document;
  if (operation.operation === "query") GQL[`use${name}Query`] = (options) => useQuery(document, options);
  else GQL[`use${name}Mutation`] = (options) => useMutation(document, options);
}

/** The fragments that a definition spreads, and those that these spread. */
function used(definition, found = new Set()) {
  JSON.stringify(definition, (key, value) => {
    const fragment = value?.kind === "FragmentSpread" && fragments.find(({ name }) => name.value === value.name.value);
    if (fragment && !found.has(fragment)) {
      found.add(fragment);
      used(fragment, found);
    }
    return value;
  });
  return found;
}
