import { gzipSync } from "node:zlib";
import { build } from "esbuild";
import { describe, expect, it } from "vitest";
import { buildBrowserFile } from "./edge-pages.ts";

const gzipped = (text: string) => gzipSync(text, { level: 9 }).byteLength;
const scriptOf = (html: string) => /<script>([\s\S]*)<\/script>/.exec(html)?.[1] ?? "";

describe("what a browser gets", () => {
  it("is a client of less than 3 KB, which gives what a page needs", async () => {
    const client = await buildBrowserFile("client.js.txt");
    expect(gzipped(client)).toBeLessThan(3 * 1024);
    const { metafile } = await build({
      stdin: { contents: client },
      format: "esm",
      metafile: true,
      write: false,
      logLevel: "silent",
    });
    expect(Object.values(metafile.outputs)[0]?.exports.sort()).toEqual(["EdgeError", "createBrowserClient"]);
  });

  it.each(["ask.html", "dashboard.html"] as const)("is %s in one file, its scripts less than 60 KB", async (name) => {
    const html = await buildBrowserFile(name);
    expect(gzipped(scriptOf(html))).toBeLessThan(60 * 1024);
    expect(html).toMatch(/<style>[^<]{1000,}<\/style>/);
    expect(html.match(/<script/g)).toHaveLength(1);
    expect(html).not.toMatch(/(?:src|href)="(?!data:)|@import/);
  });
});
