// A proxy that everything a browser sends must pass, whoever in it asks: page, worker, or the
// browser itself. What it has not seen did not leave the browser.

import http from "node:http";
import net from "node:net";
import { Transform } from "node:stream";
import { setTimeout as pause } from "node:timers/promises";

/** The names under which tests reach servers of this machine. */
const OURS = new Set(["localhost", "127.0.0.1", "stash.test"]);

/**
 * Starts a proxy that forwards plain HTTP, and tunnels of https, to this machine and refuses all else.
 * `requests` lists what was asked: `{ method, url, bytes, answered }`, `bytes` being the size of the
 * body, `answered` that of the answer's. `rule(url)` may give a promise to wait for before an answer is
 * fetched; `rate` is how many bytes of all answers together pass in a second.
 */
export async function startProxy() {
  const proxy = { requests: [], rule: () => undefined, rate: Infinity };
  let free = 0;
  /** Waits until so many bytes have gone over the wire, after those that are on it. */
  const wire = async (bytes) => {
    const now = performance.now();
    free = Math.max(free, now) + (1000 * bytes) / proxy.rate;
    if (free > now) await pause(free - now);
  };
  const server = http.createServer((request, response) => {
    const entry = { method: request.method, url: request.url, bytes: 0, answered: 0 };
    proxy.requests.push(entry);
    const body = [];
    request.on("data", (chunk) => { entry.bytes += chunk.length; body.push(chunk); });
    request.on("end", async () => {
      await proxy.rule(entry.url);
      forward(request, Buffer.concat(body), response, (answer) => {
        entry.answered += answer;
        return wire(answer);
      });
    });
  });
  const refuse = (request, socket) => {
    proxy.requests.push({ method: request.method, url: request.url, bytes: 0 });
    socket.end("HTTP/1.1 403 Forbidden\r\n\r\n");
  };
  // Of what is said in a tunnel only that it was dug is known here.
  server.on("connect", (request, socket) => {
    const { hostname, port } = new URL(`https://${request.url}`);
    if (!OURS.has(hostname)) return refuse(request, socket);
    proxy.requests.push({ method: request.method, url: request.url, bytes: 0 });
    const onward = net.connect(Number(port || 443), "127.0.0.1", () => {
      socket.write("HTTP/1.1 200 Connection Established\r\n\r\n");
      socket.pipe(onward).pipe(socket);
    });
    for (const [end, other] of [[socket, onward], [onward, socket]]) end.on("error", () => other.destroy());
  });
  server.on("upgrade", refuse);
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  proxy.port = server.address().port;
  proxy.close = () => { server.close(); server.closeAllConnections(); };
  return proxy;
}

function forward(request, body, response, pass) {
  const url = URL.canParse(request.url) ? new URL(request.url) : null;
  if (!url || !OURS.has(url.hostname)) return void response.writeHead(403).end();
  const options = {
    host: "127.0.0.1", port: url.port || 80, path: url.pathname + url.search,
    method: request.method, headers: request.headers,
  };
  const onward = http.request(options, (answer) => {
    response.writeHead(answer.statusCode, answer.headers);
    const slowly = new Transform({ transform: (chunk, _, done) => pass(chunk.length).then(() => done(null, chunk)) });
    answer.pipe(slowly).pipe(response);
  });
  onward.on("error", () => response.headersSent ? response.destroy() : response.writeHead(502).end());
  response.on("close", () => onward.destroy());
  onward.end(body);
}
