// A reverse proxy in front of doubles: one or more Stashes, each below a path of another server.

import { execFileSync } from "node:child_process";
import http from "node:http";
import https from "node:https";

/** Starts it on a free port: with `{ "/stash": port }`, `/stash/…` goes to the Stash at `port`; all else is 404.
 *  With `tls` it is https, with a certificate that nobody but the tests' browsers takes. */
export async function startPrefix(ports, { tls = false, proto = tls ? "https" : "http" } = {}) {
  const answer = (request, response) => {
    const [prefix, port] = Object.entries(ports).find(([path]) => request.url.startsWith(`${path}/`)) ?? [];
    if (port === undefined) return void response.writeHead(404).end();
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
  };
  const server = tls ? https.createServer(certificate(), answer) : http.createServer(answer);
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  return { port: server.address().port, close: () => { server.close(); server.closeAllConnections(); } };
}

/** A key and a certificate for the names under which tests reach this machine. */
function certificate() {
  const pem = execFileSync("openssl", [
    "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=stash.test",
    "-addext", "subjectAltName=DNS:stash.test,DNS:localhost", "-keyout", "-", "-out", "-",
  ], { encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] });
  return { key: pem, cert: pem };
}
