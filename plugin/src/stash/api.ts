// The part of Stash's `window.PluginApi` that we use. React comes from it: a second one would not
// share contexts with Stash's pages.

import type * as ReactModule from "react";
import type { ComponentType, FunctionComponent, ReactNode, ReactPortal } from "react";

type Component = FunctionComponent<Record<string, unknown>>;
type Part = "Item" | "Link" | "Pane" | "Header" | "Body" | "Footer";
type BootstrapPart = Component & Record<Part, Component>;

/** A parsed GraphQL document; only Apollo looks inside. */
export interface Document { readonly kind: string }

interface ApolloClient {
  query(options: { query: Document; variables?: object; fetchPolicy?: string }): Promise<{ data: unknown }>;
  mutate(options: { mutation: Document; variables?: object }): Promise<{ data?: unknown }>;
  refetchQueries(options: { include: string[] }): Promise<unknown>;
}

interface PluginApi {
  React: typeof ReactModule;
  ReactDOM: {
    createPortal(children: ReactNode, container: Element): ReactPortal;
  };
  libraries: {
    ReactRouterDOM: { Link: ComponentType<{ to: string; className?: string; title?: string }> };
    Bootstrap: { Nav: BootstrapPart; Tab: BootstrapPart; Modal: BootstrapPart };
    Apollo: { gql(text: string): Document };
  };
  register: { route(path: string, component: ComponentType): void };
  utils: {
    StashService: { getClient(): ApolloClient };
    InteractiveUtils: { getPlayer(): Player | undefined };
  };
  patch: {
    before<P>(name: string, patch: (props: P) => [P]): void;
    after<P>(name: string, patch: (props: P, context: unknown, result: ReactNode) => ReactNode): void;
  };
  Event: EventTarget;
}

/** What of video.js we touch. */
export interface Player {
  currentTime(seconds?: number): number | undefined;
}

declare global {
  interface Window { PluginApi: PluginApi }
}

export const api = window.PluginApi;
export const React = api.React;
export const { useState, useEffect, useReducer, useRef } = React;
export const { createPortal } = api.ReactDOM;
export const { Nav, Tab, Modal } = api.libraries.Bootstrap;
export const { Link } = api.libraries.ReactRouterDOM;

/** `…/plugin/<id>/javascript`: the only sure word on where the plugin is, also behind a proxy. */
const script = new URL(
  document.currentScript instanceof HTMLScriptElement ? document.currentScript.src : "plugin/rollcall/javascript",
  document.baseURI,
);
declare const VERSION: string;
/** Where the plugin's own files are: another place for each version, see plugin/build.mjs. */
export const assets = new URL(`assets/${VERSION}/`, script);
/** Where this Stash is: `/`, or a sub-path. */
export const base = new URL("../../", script);
/** The plugin's id, after its manifest's file. */
export const pluginId = script.pathname.split("/").at(-2) ?? "rollcall";
