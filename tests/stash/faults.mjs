// What goes wrong on request. A fault is `{ when, times, … }`: `when(asked)` chooses requests by
// `{ method, path, query, operation, variables }`; the first fault that fits counts, `times` times.
// What happens: `delay` (milliseconds), `status` and `body`, `errors` (GraphQL), `cut` (the connection
// breaks), `run(stash)` (anything, before the request is answered as usual), `answer(asked, response)`
// (its own answer, if it gives true).

export class Faults {
  #list = [];

  /** Adds a fault; gives a function that takes it away again. */
  add(fault) {
    const one = { times: Infinity, ...fault };
    this.#list.push(one);
    return () => { this.#list = this.#list.filter((other) => other !== one); };
  }

  clear() {
    this.#list = [];
  }

  /** The fault that this request meets, if any. */
  of(asked) {
    const found = this.#list.find((fault) => fault.times > 0 && fault.when(asked));
    if (found) found.times -= 1;
    return found;
  }
}

const at = (pattern) => ({ path }) => pattern.test(path);
const asks = (operation) => (asked) => asked.operation === operation;

/** The sheets of all scenes are missing, as those of scenes that were never generated. */
export const spriteMissing = () => ({ when: at(/_(sprite\.jpg|thumbs\.vtt)$/), status: 404, body: "404 page not found\n" });
/** The cues are there, the sheet is not. */
export const sheetMissing = () => ({ when: at(/_sprite\.jpg$/), status: 404, body: "404 page not found\n" });
/** No video can be decoded: what comes is not one. */
export const notPlayable = () => ({ when: at(/^\/scene\/\d+\/(stream|preview)/), status: 200, type: "video/x-matroska", body: "not a film" });
/** All sessions end when this operation is asked. */
export const loginExpires = (operation) => ({ when: asks(operation), times: 1, run: (stash) => stash.sessions.expire() });
/** A performer is deleted just before this operation. */
export const performerGoes = (id, operation) => ({ when: asks(operation), times: 1, run: (stash) => stash.library.removePerformer(id) });
/** An operation fails in GraphQL's way. */
export const refuses = (operation, message, times = Infinity) => ({ when: asks(operation), times, errors: [message] });
/** Paths that match are slow. */
export const slow = (pattern, delay) => ({ when: at(pattern), delay });
/** Paths that match fail. */
export const failing = (pattern, status = 500, times = Infinity) => ({ when: at(pattern), status, times, body: "error\n" });
/** The connection breaks. */
export const cut = (pattern, times = Infinity) => ({ when: at(pattern), times, cut: true });
