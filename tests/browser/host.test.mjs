// What the host sends compressed is what it has, and only what compresses.

import assert from "node:assert/strict";
import { readdir, readFile } from "node:fs/promises";
import http from "node:http";
import { join } from "node:path";
import { describe, test } from "node:test";
import { brotliDecompressSync, gunzipSync } from "node:zlib";
import { config } from "./lib/config.mjs";

/** A GET as it goes over the wire: `fetch` would unpack the body. */
function get(path, encodings) {
  return new Promise((resolve, reject) => {
    const options = { host: "127.0.0.1", port: config.site, path, headers: { "Accept-Encoding": encodings } };
    http.get(options, async (response) => {
      const parts = [];
      for await (const part of response) parts.push(part);
      resolve({ status: response.statusCode, headers: response.headers, body: Buffer.concat(parts) });
    }).on("error", reject);
  });
}

describe("the host", () => {
  for (const [encoding, unpack] of [["br", brotliDecompressSync], ["gzip", gunzipSync]]) {
    test(`sends programs and page in ${encoding}, as they are once unpacked`, async () => {
      for (const file of ["index.html", "page.js", "page.css", "client.js", "rollcall_cpu.js", "rollcall_cpu_bg.wasm",
        "rollcall_gpu.js", "rollcall_gpu_bg.wasm"]) {
        const path = file === "index.html" ? "/" : `/${file}`;
        const { status, headers, body } = await get(path, encoding);
        assert.equal(status, 200, path);
        assert.equal(headers["content-encoding"], encoding, path);
        assert.match(headers.vary, /accept-encoding/i, path);
        const whole = await readFile(join(config.web, file));
        assert.ok(body.length < whole.length / 2, `${path}: ${body.length} of ${whole.length} bytes`);
        assert.deepEqual(unpack(body), whole, path);
        assert.equal((await get(path, "identity")).headers["content-encoding"], undefined, path);
      }
    });
  }

  test("sends models and the database as they are", async () => {
    const folders = { "/models/opencv/": join(config.models, "opencv"), "/database/": config.database };
    for (const [path, folder] of Object.entries(folders)) {
      const files = (await readdir(folder, { withFileTypes: true })).filter((entry) => entry.isFile() && !entry.name.startsWith("."));
      assert.ok(files.length > 1, folder);
      for (const { name } of files) {
        const { status, headers, body } = await get(`${path}${name}`, "br, gzip");
        assert.equal(status, 200, name);
        assert.equal(headers["content-encoding"], undefined, name);
        assert.deepEqual(body, await readFile(join(folder, name)), name);
      }
    }
  });
});
