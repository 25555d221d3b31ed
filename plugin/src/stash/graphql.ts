// Questions to Stash go through its own Apollo client, so that its pages see what changed.

import { fields, items, number } from "../shapes.ts";
import { api, type Document } from "./api.ts";

const parsed = new Map<string, Document>();

function document(text: string): Document {
  const known = parsed.get(text) ?? api.libraries.Apollo.gql(text);
  parsed.set(text, known);
  return known;
}

/** Asks anew, not from Apollo's cache: what it holds may be from before a change elsewhere. */
export async function ask<Data, Variables extends object>(text: GraphqlText<Data, Variables>, variables: Variables): Promise<Data> {
  const client = api.utils.StashService.getClient();
  const { data } = await client.query({ query: document(text), variables, fetchPolicy: "network-only" });
  return data as Data;
}

/** Changes something. What comes back is put into Apollo's cache, and Stash's pages follow. */
export async function change<Data, Variables extends object>(text: GraphqlText<Data, Variables>, variables: Variables): Promise<Data> {
  const { data } = await api.utils.StashService.getClient().mutate({ mutation: document(text), variables });
  return data as Data;
}

/** Whether Stash said no to a change, so that it did not happen. A connection that broke says nothing, nor
 *  does a proxy that got no answer. */
export function wasRefused(thrown: unknown): boolean {
  const { graphQLErrors, networkError } = fields(thrown);
  const status = number(fields(networkError)["statusCode"], 0, 1000);
  return items(graphQLErrors).length > 0 || (status >= 400 && status < 500);
}

/** Has Stash's own questions of these names asked again. */
export async function refresh(...names: string[]): Promise<void> {
  await api.utils.StashService.getClient().refetchQueries({ include: names }).catch(() => undefined);
}
