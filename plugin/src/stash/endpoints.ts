// Stash-boxes are told apart by host: one and the same has endpoints that differ in path and query.

export interface StashBox { endpoint: string; name: string }
export interface StashId { endpoint: string; stash_id: string }

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;
const HOST = /^[a-z0-9-]{1,63}(\.[a-z0-9-]{1,63}){0,6}$/;

/** The host of an endpoint, or of a bare host name; empty for what is neither. */
export function hostOf(endpoint: string): string {
  try {
    const { protocol, hostname } = new URL(endpoint.includes("://") ? endpoint : `https://${endpoint}`);
    return /^https?:$/.test(protocol) ? hostname.toLowerCase() : "";
  } catch {
    return "";
  }
}

/** Whether a text is a uuid as stash-boxes write them. */
export function isUuid(text: unknown): text is string {
  return typeof text === "string" && UUID.test(text);
}

/** Whether a text is the name of a host, or of what answers have in its place. */
export function isHost(text: string): boolean {
  return HOST.test(text);
}

/** The endpoint under which the user has this stash-box: of ThePornDB's variants (`?type=…`) the one
 *  for scenes, which has none. */
export function configured(boxes: readonly StashBox[], host: string): string | undefined {
  const same = boxes.map(({ endpoint }) => endpoint).filter((endpoint) => hostOf(endpoint) === host);
  return same.find((endpoint) => !endpoint.includes("?")) ?? same[0];
}

/** Where somebody with these ids can be created from: an endpoint the user has, and the uuid there. */
export function sourceOf(ids: Readonly<Record<string, string | null>>, { boxes, settings }: { boxes: readonly StashBox[]; settings: { offline: boolean } }): [endpoint: string, uuid: string] | undefined {
  if (settings.offline) return undefined;
  for (const [host, uuid] of Object.entries(ids)) {
    const endpoint = uuid ? configured(boxes, host) : undefined;
    if (endpoint && uuid) return [endpoint, uuid];
  }
  return undefined;
}

/** Hosts and ids of a performer, only those that may become part of a link or a question. */
export function checked(ids: readonly StashId[]): (readonly [host: string, uuid: string])[] {
  const all = ids.map(({ endpoint, stash_id }) => [hostOf(endpoint), stash_id.toLowerCase()] as const);
  return all.filter(([host, id]) => host !== "" && isUuid(id));
}

/** The same by host, one of each. */
export function byHost(ids: readonly StashId[]): Record<string, string> {
  return Object.fromEntries(checked(ids));
}

/** The performer's page at a stash-box; built from checked parts alone. */
export function performerPage(host: string, uuid: string): string | undefined {
  return isHost(host) && host.includes(".") && isUuid(uuid) ? `https://${host}/performers/${uuid}` : undefined;
}

/** A picture at a stash-box, by the path below its host that an answer names; nothing else becomes
 *  an address. */
export function pictureAt(address: string | null, hosts: readonly string[]): string | undefined {
  if (address === null) return undefined;
  const url = URL.canParse(address) ? new URL(address) : undefined;
  const plain = url?.protocol === "https:" && url.port === "" && url.username === "" && url.search === "";
  return url && plain && hosts.includes(url.hostname) && /^[\w./-]+$/.test(url.pathname) ? url.href : undefined;
}
