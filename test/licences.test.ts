import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";
import { z } from "zod";

const Lock = z.looseObject({
  packages: z.record(
    z.string(),
    z.looseObject({ license: z.string().optional(), dev: z.boolean().optional(), link: z.boolean().optional() }),
  ),
});

/** Licences that ask for no more than to be named. */
const PERMISSIVE = new Set([
  "0BSD",
  "Apache-2.0",
  "BSD-2-Clause",
  "BSD-3-Clause",
  "BlueOak-1.0.0",
  "CC-BY-4.0",
  "CC0-1.0",
  "ISC",
  "MIT",
  "MIT-0",
  "Python-2.0",
  "Unlicense",
  "Zlib",
]);

/** What was read by a person, and why it is no matter. */
const KNOWN: readonly { path: RegExp; why: string }[] = [
  {
    path: /^node_modules\/@img\/sharp-/,
    why: "LGPL library of the local workerd's image binding, loaded as it is and replaceable; not deployed",
  },
  { path: /^node_modules\/unionfs$/, why: "names none in package.json; its LICENSE is the Unlicense" },
];

/** Every licence of an AND, one of an OR. */
const isPermissive = (expression: string): boolean =>
  expression
    .replace(/[()]/g, "")
    .split(/ OR /i)
    .some((choice) => choice.split(/ AND /i).every((licence) => PERMISSIVE.has(licence.trim())));

it("all that is installed for running has a known licence that only asks to be named", () => {
  const { packages } = Lock.parse(JSON.parse(readFileSync(new URL("../package-lock.json", import.meta.url), "utf8")));
  const running = Object.entries(packages).filter(([path, { dev, link }]) => path !== "" && !dev && !link);
  expect(running.length).toBeGreaterThan(100);
  const others = running.filter(
    ([path, { license }]) =>
      (license === undefined || !isPermissive(license)) && !KNOWN.some((known) => known.path.test(path)),
  );
  expect(others.map(([path, { license }]) => `${path}: ${license ?? "none named"}`)).toEqual([]);
});

it("knows a licence that asks for more when it sees one", () => {
  expect(["GPL-3.0", "AGPL-3.0-only", "UNLICENSED", "MIT AND GPL-2.0"].map(isPermissive)).toEqual([
    false,
    false,
    false,
    false,
  ]);
  expect(["(MIT OR GPL-3.0)", "(BSD-3-Clause AND MIT)"].map(isPermissive)).toEqual([true, true]);
});

// `--omit dev` leaves out what runs as well where something else needs it for development, too: all are named.
it("a bill of materials names all that runs, with version and digest", () => {
  const root = fileURLToPath(new URL("..", import.meta.url));
  const { status, stdout } = spawnSync("npm", ["run", "--silent", "sbom"], {
    cwd: root,
    encoding: "utf8",
    maxBuffer: 1 << 26,
  });
  expect(status).toBe(0);
  const Bill = z.looseObject({
    bomFormat: z.literal("CycloneDX"),
    components: z.array(
      z.looseObject({
        name: z.string(),
        version: z.string(),
        hashes: z.array(z.unknown()).min(1),
      }),
    ),
  });
  const named = new Set(Bill.parse(JSON.parse(stdout)).components.map(({ name }) => name));
  const { dependencies } = z
    .looseObject({ dependencies: z.record(z.string(), z.string()) })
    .parse(JSON.parse(readFileSync(new URL("../package.json", import.meta.url), "utf8")));
  expect(Object.keys(dependencies).filter((name) => !named.has(name))).toEqual([]);
});
