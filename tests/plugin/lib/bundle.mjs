// A module of the plugin, bundled for node: `const { seen } = await bundled("people.ts")`.

import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

export const root = join(dirname(fileURLToPath(import.meta.url)), "..", "..", "..");
export const plugin = join(root, "plugin");

export async function bundled(module) {
  const { outputFiles } = await build({
    entryPoints: [join(plugin, "src", module)], absWorkingDir: root, bundle: true, write: false, format: "esm", platform: "neutral",
    target: "es2022", loader: { ".graphql": "text" }, logLevel: "warning",
  });
  return import(`data:text/javascript;base64,${Buffer.from(outputFiles[0].contents).toString("base64")}`);
}
