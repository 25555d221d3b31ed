// Who may ask: a session cookie, the header `ApiKey` or the query `apikey`, once credentials are set.

import { randomBytes } from "node:crypto";
import { extname } from "node:path";
import { text } from "node:stream/consumers";

const LOGIN = `<!doctype html><meta charset="utf-8"><title>Login</title><link rel="icon" href="data:,">
<form method="post"><label>Username <input name="username"></label> <label>Password <input name="password" type="password"></label>
<button>Login</button></form>`;

export class Sessions {
  #open = new Set();

  /** `credentials`: `{ username, password, apiKey }`, or null for a Stash without a login. */
  constructor(credentials) {
    this.credentials = credentials;
  }

  /** Ends every session, as a restart or the session's age does. */
  expire() {
    this.#open.clear();
  }

  /** The `Cookie` header of a session that is open now. */
  cookie() {
    const token = randomBytes(16).toString("hex");
    this.#open.add(token);
    return `session=${token}`;
  }

  allows(request, url) {
    // The page's own files are for everybody, so that the login can look like Stash.
    if (!this.credentials || /^\/(css|assets)/.test(url.pathname)) return true;
    const key = request.headers.apikey ?? url.searchParams.get("apikey");
    if (key) return key === this.credentials.apiKey;
    const [, token] = /(?:^|;\s*)session=([0-9a-f]+)/.exec(request.headers.cookie ?? "") ?? [];
    return this.#open.has(token);
  }

  /** 401 to programs, the login page to people. */
  refuse(response, url, base) {
    if (url.pathname === "/graphql" || !["", ".html"].includes(extname(url.pathname))) {
      return response.writeHead(401, { "WWW-Authenticate": "FormBased" }).end();
    }
    const back = encodeURIComponent(`${base}${url.pathname}${url.search}`);
    return response.writeHead(302, { Location: `${base}/login?returnURL=${back}` }).end();
  }

  /** Answers /login and /logout; false for any other path. */
  async answer(request, response, url, prefix) {
    const path = `${prefix}/`;
    if (url.pathname === "/logout") {
      this.expire();
      response.writeHead(302, { Location: path, "Set-Cookie": `session=; Path=${path}; Max-Age=0` }).end();
    } else if (url.pathname !== "/login") return false;
    else if (request.method !== "POST") response.writeHead(200, { "Content-Type": "text/html" }).end(LOGIN);
    else {
      const form = new URLSearchParams(await text(request));
      const right = this.credentials && form.get("username") === this.credentials.username && form.get("password") === this.credentials.password;
      if (!right) response.writeHead(200, { "Content-Type": "text/html" }).end(LOGIN);
      else {
        const cookie = `${this.cookie()}; Path=${path}; HttpOnly; SameSite=Lax`;
        const back = url.searchParams.get("returnURL") ?? path;
        response.writeHead(302, { Location: new URL(back, "http://stash").pathname, "Set-Cookie": cookie }).end();
      }
    }
    return true;
  }
}
