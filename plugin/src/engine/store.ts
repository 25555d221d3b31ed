// IndexedDB for what can be computed again. Everything is optional: private windows have none.

import { Listeners } from "../listeners.ts";
import { base } from "../stash/api.ts";

/** Each Stash has its own, also where several are below paths of one host. */
const NAME = `rollcall plugin ${base.pathname}`;
const STORE = "kept";

function open(): Promise<IDBDatabase> {
  return new Promise((resolve, reject) => {
    const request = indexedDB.open(NAME, 1);
    request.onupgradeneeded = () => request.result.createObjectStore(STORE);
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
    request.onblocked = () => reject(new Error("blocked"));
  });
}

function beginning(prefix: string): IDBKeyRange {
  return IDBKeyRange.bound(prefix, `${prefix}\uffff`);
}

/** Whether something could not be kept in this visit. */
export const room = { missing: false, changes: new Listeners() };

async function run<T>(mode: IDBTransactionMode, how: (store: IDBObjectStore) => IDBRequest<T> | undefined): Promise<T | undefined> {
  try {
    const database = await open();
    try {
      return await new Promise<T | undefined>((resolve, reject) => {
        const transaction = database.transaction(STORE, mode);
        const request = how(transaction.objectStore(STORE));
        transaction.oncomplete = () => resolve(request?.result);
        transaction.onerror = transaction.onabort = () => reject(transaction.error);
      });
    } finally {
      database.close();
    }
  } catch {
    // No storage, or none left: it is computed again.
    if (mode === "readwrite" && !room.missing) {
      room.missing = true;
      room.changes.tell();
    }
    return undefined;
  }
}

/** What the client calls the IndexedDB of a database's files, or a pack's: this and its address. */
const DATABASE = "rollcall ";
const MODELS = "rollcall models ";

/** The addresses of the databases whose files the client has kept here. A browser that does not list its
 *  databases has none, as far as we know. */
export async function keptDatabases(): Promise<string[]> {
  return named(DATABASE);
}

/** The folders of the model packs that it has kept. */
export async function keptModels(): Promise<string[]> {
  return named(MODELS);
}

/** Deletes all of them; gives how many there were. */
export async function forgetFiles(): Promise<number> {
  const [databases, models] = await Promise.all([keptDatabases(), keptModels()]);
  const ours = [...databases.map((url) => DATABASE + url), ...models.map((url) => MODELS + url)];
  await Promise.all(ours.map((name) => new Promise<void>((resolve) => {
    const request = indexedDB.deleteDatabase(name);
    request.onsuccess = request.onerror = request.onblocked = () => resolve();
  })));
  return ours.length;
}

async function named(kind: string): Promise<string[]> {
  const all = await indexedDB.databases?.().catch(() => []) ?? [];
  return all.flatMap(({ name }) => (name?.startsWith(`${kind}http`) ? [name.slice(kind.length)] : []));
}

export const kept = {
  get: (key: string): Promise<unknown> => run("readonly", (store) => store.get(key)),
  /** All whose keys begin so. */
  async all(prefix: string): Promise<Map<string, unknown>> {
    const range = beginning(prefix);
    const keys = await run("readonly", (store) => store.getAllKeys(range)) ?? [];
    const values = await run("readonly", (store) => store.getAll(range)) ?? [];
    // Another tab may have written in between: then they do not belong together.
    return new Map(keys.length === values.length ? keys.map((key, place) => [String(key), values[place] as unknown]) : []);
  },
  /** The next so many of those whose keys begin so, in the order of their keys, after this key. */
  async next(prefix: string, after: string, most: number): Promise<[key: string, value: unknown][]> {
    const range = IDBKeyRange.bound(after < prefix ? prefix : after, `${prefix}\uffff`, after >= prefix);
    let values: IDBRequest<unknown[]> | undefined;
    // One transaction: nothing comes in between the two.
    const keys = await run("readonly", (store) => { values = store.getAll(range, most); return store.getAllKeys(range, most); }) ?? [];
    return keys.map((key, place) => [String(key), values?.result[place]]);
  },
  /** Several at once, in this order. */
  async several(keys: readonly string[]): Promise<unknown[]> {
    let requests: IDBRequest<unknown>[] = [];
    await run("readonly", (store) => { requests = keys.map((key) => store.get(key)); return requests[0]; });
    return requests.map((request) => (request.readyState === "done" ? request.result : undefined));
  },
  count: async (prefix: string): Promise<number> => await run("readonly", (store) => store.count(beginning(prefix))) ?? 0,
  put: (key: string, value: unknown): Promise<unknown> => run("readwrite", (store) => store.put(value, key)),
  /** Puts some things in and takes others out, all of it or nothing. */
  change: (puts: readonly (readonly [key: string, value: unknown])[], gone: readonly string[] = []): Promise<unknown> => run("readwrite", (store) => {
    for (const key of gone) store.delete(key);
    for (const [key, value] of puts) store.put(value, key);
    return undefined;
  }),
  /** Takes out all whose keys begin so; if `before` is given, those before this key. */
  without: (prefix: string, before?: string): Promise<unknown> =>
    run("readwrite", (store) => store.delete(before === undefined ? beginning(prefix) : IDBKeyRange.bound(prefix, before, false, true))),
  async clear(): Promise<number> {
    const count = await run("readonly", (store) => store.count());
    await run("readwrite", (store) => store.clear());
    return count ?? 0;
  },
};
