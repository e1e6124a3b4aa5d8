import { mkdir, readFile, rename, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const EDGE = join(dirname(fileURLToPath(import.meta.url)), "..", "edge");
/** Where the Worker imports them from; what stands there is made anew by every build. */
const BUILT = join(EDGE, "page", "built");

/** What a browser gets from the edge, by file name. */
export const BROWSER_FILES = ["ask.html", "dashboard.html", "client.js.txt"] as const;
type BrowserFile = (typeof BROWSER_FILES)[number];

async function bundle(entry: string, format: "iife" | "esm"): Promise<string> {
  const { outputFiles } = await build({
    entryPoints: [entry],
    bundle: true,
    minify: true,
    write: false,
    format,
    target: ["es2023", "chrome123", "firefox120", "safari17.5"],
    logLevel: "silent",
  });
  return outputFiles[0]?.text.trim() ?? "";
}

/** One page is one file: its style and its script stand in it, so that the policy can name both by their digests. */
async function page(name: string): Promise<string> {
  const at = (ending: string) => join(EDGE, "page", `${name}.${ending}`);
  const [html, style, script] = await Promise.all([
    readFile(at("html"), "utf8"),
    bundle(at("css"), "iife"),
    bundle(at("ts"), "iife"),
  ]);
  return html
    .replace("<style></style>", () => `<style>${style}</style>`)
    .replace("<script></script>", () => `<script>${script}</script>`);
}

/**
 * Builds one of the files.
 *
 * @throws where the sources do not build
 */
export const buildBrowserFile = (name: BrowserFile): Promise<string> =>
  name.endsWith(".html") ? page(name.slice(0, -".html".length)) : bundle(join(EDGE, "client", "browser.ts"), "esm");

/** Builds all files to where the Worker imports them from, each whole or not at all. */
export async function writeBrowserFiles(): Promise<void> {
  await mkdir(BUILT, { recursive: true });
  await Promise.all(
    BROWSER_FILES.map(async (name) => {
      const part = join(BUILT, `${name}.${process.pid}.part`);
      await writeFile(part, await buildBrowserFile(name));
      await rename(part, join(BUILT, name));
    }),
  );
}

// The build step of `edge/wrangler.jsonc`.
if (process.argv[1] === fileURLToPath(import.meta.url)) await writeBrowserFiles();
