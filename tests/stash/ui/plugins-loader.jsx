// Loads the plugins' styles and scripts. Nothing of the page is shown before every script has come or failed.

import { useEffect, useState } from "react";
import { GQL } from "./gql.js";

/** Loads a classic script; the promise ends when it has run, or failed. */
function script(source) {
  return new Promise((resolve) => {
    const element = document.createElement("script");
    Object.assign(element, { src: source, defer: true, onload: resolve, onerror: resolve });
    document.body.append(element);
  });
}

function style(source) {
  const element = document.createElement("link");
  Object.assign(element, { rel: "stylesheet", href: source });
  document.head.append(element);
}

/** Those that a plugin requires come before it. */
function ordered(plugins) {
  const out = [];
  const add = (plugin) => {
    if (!plugin || out.includes(plugin)) return;
    for (const id of plugin.requires ?? []) add(plugins.find((one) => one.id === id));
    out.push(plugin);
  };
  plugins.forEach(add);
  return out;
}

export function PluginsLoader({ children }) {
  const { data, error } = GQL.usePluginsQuery();
  const [ready, setReady] = useState(false);
  useEffect(() => {
    if (!data?.plugins) return;
    const plugins = ordered(data.plugins.filter(({ enabled }) => enabled));
    for (const source of plugins.flatMap(({ paths }) => paths.css ?? [])) style(source);
    const load = async () => {
      for (const { paths } of plugins) await Promise.all((paths.javascript ?? []).map(script));
      setReady(true);
    };
    void load();
  }, [data?.plugins]);
  if (error) return <div className="error-message">{error.message}</div>;
  return ready ? children : <div className="loading-plugins">Loading plugins…</div>;
}
