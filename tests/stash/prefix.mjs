// A reverse proxy in front of doubles: one or more Stashes, each below a path of another server.

import http from "node:http";

/** Starts it on a free port: with `{ "/stash": port }`, `/stash/…` goes to the Stash at `port`; all else is 404. */
export async function startPrefix(ports, { proto = "http" } = {}) {
  const server = http.createServer((request, response) => {
    const [prefix, port] = Object.entries(ports).find(([path]) => request.url.startsWith(`${path}/`)) ?? [];
    if (!prefix) return void response.writeHead(404).end();
    const onward = http.request({
      host: "127.0.0.1", port, method: request.method, path: request.url.slice(prefix.length),
      headers: { ...request.headers, "x-forwarded-prefix": prefix, "x-forwarded-proto": proto },
    }, (answer) => {
      response.writeHead(answer.statusCode, answer.headers);
      answer.pipe(response);
    });
    onward.on("error", () => (response.headersSent ? response.destroy() : response.writeHead(502).end()));
    response.on("close", () => onward.destroy());
    request.pipe(onward);
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  return { port: server.address().port, close: () => { server.close(); server.closeAllConnections(); } };
}
