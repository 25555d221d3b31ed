// `PluginApi.utils.StashService`: the Apollo client with its normalised cache, and what core builds on it.

import { ApolloClient, from, HttpLink, InMemoryCache } from "@apollo/client";
import { onError } from "@apollo/client/link/error";
import { GQL } from "./gql.js";
import { basePath } from "./place.js";

const client = new ApolloClient({
  devtools: { enabled: false },
  link: from([
    // Whose session has ended is led to the login, whatever the page was about to do.
    onError(({ networkError }) => {
      if (networkError?.statusCode === 401) location.href = `${basePath}login?returnURL=${encodeURIComponent(location.href)}`;
    }),
    new HttpLink({ uri: new URL(`${basePath}graphql`, location.origin).href }),
  ]),
  cache: new InMemoryCache({
    possibleTypes: {
      BaseFile: ["VideoFile", "ImageFile", "GalleryFile", "BasicFile"],
      VisualFile: ["VideoFile", "ImageFile"],
    },
    typePolicies: {
      Query: {
        fields: Object.fromEntries(["Scene", "Image", "Gallery", "Performer"].map((type) => [`find${type}`, {
          // What a list has shown is shown at once, before the answer comes.
          read: (known, { args, toReference }) => (known === undefined ? toReference({ __typename: type, id: args.id }) : known),
        }])),
      },
      ConfigResult: { merge: true },
      ConfigGeneralResult: { merge: true },
      ConfigInterfaceResult: { merge: true },
    },
  }),
});

/** The one client; what is changed through it shows on the page. */
export const getClient = () => client;

export const useConfiguration = () => GQL.useConfigurationQuery();

/** Writes the whole settings of a plugin, as core's settings page does, and has the page read them again. */
export async function configurePlugin(id, input) {
  await client.mutate({ mutation: GQL.ConfigurePluginDocument, variables: { plugin_id: id, input } });
  await client.refetchQueries({ include: [GQL.ConfigurationDocument] });
}

export const queryFindPerformers = (filter) =>
  client.query({ query: GQL.FindPerformersDocument, variables: { filter }, fetchPolicy: "network-only" });
