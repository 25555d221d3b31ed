// How the main worker shares out runs of networks. `makePool` is turned into text and becomes a part of
// that worker's source, so it may use nothing from outside its own braces but types.

import type { FromHelper, ToHelper } from "./messages.ts";

/** A tensor: `[shape, values]`. */
export type Outputs = [Uint32Array, Float32Array][];

/** The workers that help; the other half of `Helpers` in web/src/remote.rs. */
export interface Pool {
  /** From now on this one helps, as soon as it says that it is ready. */
  add(helper: number, port: MessagePort): void;
  /** It does not any more: what it had in work is given back. */
  lose(helper: number): void;
  /** Nobody waits any longer for what has not been begun. */
  forget(): void;
  isReady(): boolean;
  atOnce(): number;
  run(model: string, shape: Uint32Array, data: Float32Array): Promise<Outputs>;
}

/** `silent` is told who has been lost because nothing was heard of it. */
export function makePool(silent: (helper: number) => void): Pool {
  /** One in work, and one that is there when that is done. */
  const DEPTH = 2;
  /** A run takes well under a second, on a slow machine a few. */
  const PATIENCE = 30_000;
  interface Run {
    model: string;
    shape: Uint32Array;
    data: Float32Array;
    resolve(outputs: Outputs): void;
    reject(fault: object): void;
  }
  interface Helper {
    port: MessagePort;
    ready: boolean;
    running: Map<number, Run>;
    timer: ReturnType<typeof setTimeout> | undefined;
  }
  const helpers = new Map<number, Helper>();
  const waiting: Run[] = [];
  let runs = 0;

  /** Whoever asked asks again, or does it. */
  const giveBack = (run: Run): void => run.reject({ fault: "device-lost", reason: "the worker that ran it is gone" });
  const ready = (): Helper[] => [...helpers.values()].filter((helper) => helper.ready);

  const lose = (id: number): void => {
    const helper = helpers.get(id);
    if (!helper) return;
    helpers.delete(id);
    clearTimeout(helper.timer);
    helper.port.close();
    for (const run of helper.running.values()) giveBack(run);
    if (ready().length === 0) waiting.splice(0).forEach(giveBack);
  };
  const wind = (id: number, helper: Helper): void => {
    clearTimeout(helper.timer);
    if (helper.running.size === 0) return;
    helper.timer = setTimeout(() => {
      lose(id);
      silent(id);
    }, PATIENCE);
  };
  const share = (): void => {
    while (waiting.length > 0) {
      const [id, helper] = [...helpers].filter(([, { ready }]) => ready)
        .reduce((least, other) => (other[1].running.size < least[1].running.size ? other : least));
      if (helper.running.size >= DEPTH) return;
      const run = waiting.shift() as Run;
      const number = ++runs;
      helper.running.set(number, run);
      const { model, shape, data } = run;
      helper.port.postMessage({ run: number, model, shape, data } satisfies ToHelper, [data.buffer]);
      wind(id, helper);
    }
  };
  const hear = (id: number, helper: Helper, message: FromHelper): void => {
    if ("ready" in message) {
      helper.ready = true;
      return;
    }
    const run = helper.running.get(message.run);
    helper.running.delete(message.run);
    wind(id, helper);
    if ("outputs" in message) run?.resolve(message.outputs);
    else run?.reject(message.fault);
    share();
  };

  return {
    add(id, port) {
      const helper: Helper = { port, ready: false, running: new Map(), timer: undefined };
      helpers.set(id, helper);
      port.onmessage = ({ data }: MessageEvent<FromHelper>) => hear(id, helper, data);
    },
    lose,
    forget: () => waiting.splice(0).forEach(giveBack),
    isReady: () => ready().length > 0,
    // One more, so that nobody waits while we look at what came back.
    atOnce: () => (helpers.size === 0 ? 1 : helpers.size + 1),
    run: (model, shape, data) =>
      new Promise((resolve, reject) => {
        const run: Run = { model, shape, data, resolve, reject };
        if (ready().length === 0) return giveBack(run);
        waiting.push(run);
        share();
      }),
  };
}
