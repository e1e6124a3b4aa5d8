import { readFile } from "node:fs/promises";
import { basename, dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { build, type Plugin } from "esbuild";
import { BROWSER_FILES, buildBrowserFile } from "./edge-pages.ts";

/** Folder of the Worker's project. */
export const EDGE_FOLDER = join(dirname(fileURLToPath(import.meta.url)), "..", "edge");

/** A module as workerd takes it; names are relative to the bundle. */
export interface BundledModule {
  type: "esm" | "text" | "data" | "wasm" | "sourcemap";
  contents: string | Uint8Array<ArrayBuffer>;
}

export interface EdgeBundle {
  main: string;
  modules: Record<string, BundledModule>;
}

const MAIN = "index.js";

/** An absent file is an empty one: the fallback model is a build product that need not be there. */
async function readOrEmpty(path: string): Promise<Uint8Array> {
  try {
    return await readFile(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return new Uint8Array();
    throw error;
  }
}

/** What a module that is no source holds: a browser's file is built, never read as an earlier build left it. */
async function assetModule(file: string): Promise<BundledModule> {
  if (file.endsWith(".wasm")) return { type: "wasm", contents: new Uint8Array(await readOrEmpty(file)) };
  if (file.endsWith(".bin")) return { type: "data", contents: new Uint8Array(await readOrEmpty(file)) };
  const built = BROWSER_FILES.find((name) => file.endsWith(`/built/${name}`));
  const text = built === undefined ? new TextDecoder().decode(await readOrEmpty(file)) : await buildBrowserFile(built);
  return { type: "text", contents: text };
}

/** Text, data and WebAssembly stay modules of their own, by the rules that wrangler has as defaults. */
function assetModules(folder: string, modules: EdgeBundle["modules"]): Plugin {
  return {
    name: "asset-modules",
    setup(esbuild) {
      esbuild.onResolve({ filter: /\.(bin|html|txt|wasm)$/ }, async ({ path, resolveDir }) => {
        const file = join(resolveDir, path);
        // What lies beyond the folder, such as the kernel, is put into it: a module's name stays within the Worker's root.
        const inside = relative(folder, file);
        const name = `./${inside.startsWith("..") ? basename(file) : inside}`;
        modules[name.slice(2)] = await assetModule(file);
        return { path: name, external: true };
      });
    },
  };
}

/**
 * Bundles a Worker as one ES module with its source map, and the files it imports as text or data beside it.
 *
 * @param entry the main module's path, absolute
 */
export async function bundleWorker(entry: string): Promise<EdgeBundle> {
  const folder = dirname(entry);
  const modules: EdgeBundle["modules"] = {};
  const { outputFiles } = await build({
    entryPoints: [entry],
    outfile: join(folder, MAIN),
    bundle: true,
    write: false,
    format: "esm",
    target: "es2023",
    conditions: ["workerd", "worker", "browser"],
    sourcemap: true,
    logLevel: "silent",
    plugins: [assetModules(folder, modules)],
  });
  for (const { path, text } of outputFiles) {
    modules[relative(folder, path)] = { type: path.endsWith(".map") ? "sourcemap" : "esm", contents: text };
  }
  return { main: MAIN, modules };
}
