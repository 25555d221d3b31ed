// A worker that only runs networks, for the main worker. `helperMain` is turned into text and becomes a
// blob worker's source, so it may use nothing from outside its own braces but types.

import type { Basics, Scope } from "./basics.ts";
import type { FromHelper, Help, ToHelper } from "./messages.ts";
import type { Outputs } from "./pool.ts";

interface Module {
  (from: { module_or_path: WebAssembly.Module }): Promise<unknown>;
  onPanic(listener: (words: string) => void): void;
  /** `Helper` of web/src/helper.rs. */
  Helper: new (models: [string, Uint8Array][]) => {
    run(model: string, shape: Uint32Array, data: Float32Array): Promise<Outputs>;
  };
}
declare const rollcall_cpu: Module;

export function helperMain(scope: Scope<Help>, { die, words, importScript }: Basics): void {
  type Helper = InstanceType<Module["Helper"]>;

  const start = async ({ assets, kit: { module, models } }: Help): Promise<Helper> => {
    importScript(`${assets}rollcall_cpu.js`);
    await rollcall_cpu({ module_or_path: module });
    rollcall_cpu.onPanic(die);
    const bytes = async ([name, file]: [string, Blob]): Promise<[string, Uint8Array]> => [name, new Uint8Array(await file.arrayBuffer())];
    return new rollcall_cpu.Helper(await Promise.all(models.map(bytes)));
  };

  const serve = (port: MessagePort, helper: Helper): void => {
    const answer = (message: FromHelper, transfer: Transferable[] = []): void => port.postMessage(message, transfer);
    port.onmessage = ({ data: { run, model, shape, data } }: MessageEvent<ToHelper>) => {
      helper.run(model, shape, data).then(
        (outputs) => answer({ run, outputs }, outputs.map(([, values]) => values.buffer)),
        // A broken module is an error, not an answer.
        (thrown: object) => (thrown instanceof Error ? die(words(thrown)) : answer({ run, fault: thrown })),
      );
    };
    answer({ ready: true });
  };

  scope.addEventListener("message", ({ data: help }) => {
    start(help).then((helper) => serve(help.port, helper), (thrown: { message?: string }) => die(thrown?.message ?? words(thrown)));
  });
}
