// `PluginApi.Event`: core dispatches `stash:location` only.

class StashEvents extends EventTarget {
  dispatch(name, id, data) {
    this.dispatchEvent(new CustomEvent(`stash:${name}${id ? `:${id}` : ""}`, { detail: { data } }));
  }
}

export const Event = new StashEvents();
