// `PluginApi.hooks.useSettings`: the configuration, and writing a plugin's settings.

import { createContext, useContext, useMemo } from "react";
import { configurePlugin, useConfiguration } from "./stash-service.js";

const Settings = createContext(null);

export function useSettings() {
  return useContext(Settings);
}

export function SettingsProvider({ children }) {
  const { data, loading, error } = useConfiguration();
  const value = useMemo(() => {
    const configuration = data?.configuration;
    const plugins = configuration?.plugins ?? {};
    return {
      loading, error, general: configuration?.general ?? {}, interface: configuration?.interface ?? {}, ui: configuration?.ui ?? {},
      plugins,
      // Merged here, since the server overwrites the whole.
      savePluginSettings: (id, input) => configurePlugin(id, { ...plugins[id], ...input }),
    };
  }, [data, loading, error]);
  return <Settings.Provider value={value}>{children}</Settings.Provider>;
}
