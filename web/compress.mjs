// Compressed siblings for a host to send instead: `node web/compress.mjs DIR`.
//
// Beside each file of DIR that compresses well, `file.br` and `file.gz`. The same files give the same
// bytes, with the same Node. Models, vectors and pictures are not touched: they do not compress.

import { readFile, readdir, writeFile } from "node:fs/promises";
import { extname, join } from "node:path";
import { promisify } from "node:util";
import { brotliCompress, constants, gzip } from "node:zlib";

const ENDINGS = new Set([".wasm", ".js", ".css", ".html", ".svg"]);
/** Below this many bytes, headers weigh more than what is saved. */
const SMALLEST = 1000;
/** The byte of a gzip header that names the system it was made on, and the value for "unknown". */
const [SYSTEM, UNKNOWN] = [9, 255];

const [folder] = process.argv.slice(2);
if (!folder) throw new Error("give the folder: node web/compress.mjs DIR");
const names = (await readdir(folder)).filter((name) => ENDINGS.has(extname(name)));
await Promise.all(names.map((name) => compressFile(join(folder, name))));

async function compressFile(file) {
  const bytes = await readFile(file);
  if (bytes.length < SMALLEST) return;
  const parameters = {
    [constants.BROTLI_PARAM_QUALITY]: constants.BROTLI_MAX_QUALITY,
    [constants.BROTLI_PARAM_SIZE_HINT]: bytes.length,
  };
  const zipped = await promisify(gzip)(bytes, { level: constants.Z_BEST_COMPRESSION });
  zipped[SYSTEM] = UNKNOWN;
  await writeFile(`${file}.gz`, zipped);
  await writeFile(`${file}.br`, await promisify(brotliCompress)(bytes, { params: parameters }));
}
