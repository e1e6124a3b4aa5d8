import { mkdtempSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { InputError, NotReachableError } from "#contracts/errors.ts";
import { newSigningKey } from "#stores/signing.ts";
import {
  adminSecret,
  homeIn,
  homeSigner,
  prepareHome,
  readEndpoints,
  resolveHome,
  sharedCache,
  writeEndpoints,
} from "./home.ts";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "haqei-home-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const ENDPOINTS = {
  temporal: { address: "127.0.0.1:7233", namespace: "haqei", ui: "http://127.0.0.1:8233" },
  edge: { url: "http://127.0.0.1:8787" },
  adminSecretFile: "/somewhere/admin",
};

test("the home is the one named, else HAQEI_HOME, else beside the config", () => {
  expect(resolveHome("/project", { env: {} }).directory).toBe("/project/.haqei");
  expect(resolveHome("/project", { env: { HAQEI_HOME: "/elsewhere" } }).directory).toBe("/elsewhere");
  expect(resolveHome("/project", { home: "/named", env: { HAQEI_HOME: "/elsewhere" } }).directory).toBe("/named");
  expect(sharedCache({ XDG_CACHE_HOME: "/cache" })).toBe("/cache/haqei");
});

test("what is written is what is read", () => {
  const home = homeIn(folder);
  expect(() => readEndpoints(home)).toThrow(NotReachableError);
  writeEndpoints(home, ENDPOINTS);
  expect(readEndpoints(home)).toEqual(ENDPOINTS);
  writeEndpoints(home, { ...ENDPOINTS, metrics: { url: "http://127.0.0.1:9464" } });
  expect(readEndpoints(home).metrics?.url).toBe("http://127.0.0.1:9464");
});

test("the file that HAQEI_ENDPOINTS names stands in for the home's", () => {
  const home = homeIn(folder);
  const file = join(folder, "given.json");
  const env = { HAQEI_ENDPOINTS: file };
  expect(() => readEndpoints(home, env)).toThrow(file);
  const temporal = { address: "temporal:7233", namespace: "haqei", tls: { caFile: "/run/secrets/ca.pem" } };
  writeFileSync(file, JSON.stringify({ ...ENDPOINTS, temporal }));
  expect(readEndpoints(home, env).temporal).toEqual(temporal);
  writeFileSync(file, JSON.stringify({ ...ENDPOINTS, temporal: { ...temporal, tls: { caPath: "x" } } }));
  expect(() => readEndpoints(home, env)).toThrow(/Mend|damaged/);
});

test("a damaged endpoints file is named", () => {
  const home = homeIn(folder);
  writeFileSync(home.endpointsFile, '{"temporal":');
  expect(() => readEndpoints(home)).toThrow(InputError);
  writeFileSync(home.endpointsFile, "{}");
  expect(() => readEndpoints(home)).toThrow(home.endpointsFile);
});

test("the admin secret is made once, of 32 random bytes, for its owner only", () => {
  const home = prepareHome(homeIn(folder));
  const secret = adminSecret(home);
  expect(secret).toMatch(/^[0-9a-f]{64}$/);
  expect(adminSecret(home)).toBe(secret);
  expect(statSync(home.adminSecretFile).mode & 0o777).toBe(0o600);
  expect(readFileSync(home.adminSecretFile, "utf8").trim()).toBe(secret);
  expect(adminSecret(homeIn(join(folder, "other")))).not.toBe(secret);
  writeFileSync(home.adminSecretFile, "");
  expect(() => adminSecret(home)).toThrow(InputError);
});

test("the signing key is made once, private, and gives way to the environment's; the former one is believed", () => {
  const home = prepareHome(homeIn(folder));
  const signer = homeSigner(home, {});
  expect(statSync(home.signingKeyFile).mode & 0o777).toBe(0o600);
  expect(homeSigner(home, {}).publicKeys).toEqual(signer.publicKeys);

  renameSync(home.signingKeyFile, home.formerSigningKeyFile);
  const changed = homeSigner(home, {}).publicKeys;
  expect(changed).toHaveLength(2);
  expect(changed[1]).toBe(signer.publicKeys[0]);

  const given = homeSigner(home, { HAQEI_SIGNING_KEY: newSigningKey() }).publicKeys;
  expect(given).toHaveLength(1);
  expect(changed).not.toContain(given[0]);
});
