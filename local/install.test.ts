import { spawnSync } from "node:child_process";
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";

test("dependencies are installed where they are missing or no longer those of the lock file, and only then", () => {
  const root = mkdtempSync(join(tmpdir(), "haqei-install-"));
  const write = (file: string, value: unknown) => writeFileSync(join(root, file), JSON.stringify(value));
  const lock = (version: string) =>
    write("package-lock.json", {
      name: "project",
      lockfileVersion: 3,
      requires: true,
      packages: {
        "": { name: "project", dependencies: { inner: "file:inner" } },
        inner: { version },
        "node_modules/inner": { resolved: "inner", link: true },
      },
    });
  const install = (): string => {
    const { status, stderr, stdout } = spawnSync(process.execPath, [join(root, "local/install.mjs")], {
      encoding: "utf8",
    });
    expect([status, stdout]).toEqual([0, ""]);
    return stderr;
  };
  try {
    for (const folder of ["local", "inner"]) mkdirSync(join(root, folder));
    copyFileSync(fileURLToPath(new URL("./install.mjs", import.meta.url)), join(root, "local/install.mjs"));
    write("package.json", { name: "project", dependencies: { inner: "file:inner" } });
    write("inner/package.json", { name: "inner", version: "1.0.0" });
    lock("1.0.0");
    expect(install()).toContain("npm ci");
    expect(existsSync(join(root, "node_modules/inner/package.json"))).toBe(true);
    expect(install()).toBe("");

    write("inner/package.json", { name: "inner", version: "2.0.0" });
    lock("2.0.0");
    expect(install()).toContain("npm ci");
    expect(install()).toBe("");

    // Installed by hand: npm's own record agrees, so that nothing is to be done.
    rmSync(join(root, "node_modules/.haqei-lock-sha256"));
    expect(install()).toBe("");
  } finally {
    rmSync(root, { recursive: true, force: true });
  }
}, 60_000);
