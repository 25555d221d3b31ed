// What goes on in the workers of a page.

/** For `before` of `open`: runs `source` in every blob worker before the worker's own script. */
export function inWorkers(source) {
  return (page) => page.evaluateOnNewDocument((source) => {
    const RealBlob = Blob;
    window.Blob = class extends RealBlob {
      constructor(parts, options) {
        super(/javascript/.test(options?.type ?? "") ? [source, "\n", ...parts] : parts, options);
      }
    };
  }, source);
}

/** In every worker: counts the runs of networks that it did for another one, and says how much memory
 *  its module has. */
export const WATCH = `{
  const channel = new BroadcastChannel("watch");
  let runs = 0, memory;
  const { instantiate } = WebAssembly;
  WebAssembly.instantiate = async (...what) => {
    const made = await instantiate(...what);
    memory ??= (made.instance ?? made).exports.memory;
    return made;
  };
  const post = MessagePort.prototype.postMessage;
  MessagePort.prototype.postMessage = function (message, ...how) {
    if (message?.outputs) runs += 1;
    return post.call(this, message, ...how);
  };
  // The others hear the answers, too.
  channel.onmessage = ({ data }) => data === "say" && channel.postMessage({ runs, bytes: memory?.buffer.byteLength ?? 0 });
}`;

/** For `before` of `open`: the page keeps all workers that it starts, and whether they were ended, in
 *  `window.workers`; `ask(n)` gives what `n` workers with `WATCH` say. */
export async function keepWorkers(page) {
  await page.evaluateOnNewDocument(() => {
    window.workers = [];
    const RealWorker = Worker;
    window.Worker = class extends RealWorker {
      ended = false;
      constructor(...how) {
        super(...how);
        window.workers.push(this);
      }
      terminate() {
        this.ended = true;
        super.terminate();
      }
    };
    window.ask = (count) => new Promise((done) => {
      const channel = new BroadcastChannel("watch");
      const said = [];
      channel.onmessage = ({ data }) => {
        said.push(data);
        if (said.length === count) { channel.close(); done(said); }
      };
      channel.postMessage("say");
    });
  });
}
