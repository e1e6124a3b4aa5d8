import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { tinyModel } from "#edge/test-support/tiny-model.ts";
import { homeIn } from "#local/home.ts";
import type { Provenance } from "#stores/artefacts.ts";
import { folderArtefacts } from "#stores/folder-artefacts.ts";
import { sqliteRegistry } from "#stores/registry.ts";
import { addReleases } from "#stores/releases.ts";
import { Output as Comparison } from "./commands/compare.ts";
import { Output as Lineage } from "./commands/lineage.ts";
import { main } from "./main.ts";

const TEXTS = ["仕事を辞めて独立したい", "好きな人に告白するか迷う", "親の介護で疲れている"];

let folder: string;
let dataset: string;
let original: string;
let shipped: string;
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), "haqei-lineage-"));
  writeFileSync(join(folder, "haqei.config.ts"), "export default {};\n");
  const store = folderArtefacts(homeIn(join(folder, ".haqei")).artefacts);
  const by = (producedBy: string, parents: Record<string, string> = {}): Provenance => ({
    producedBy,
    parents: Object.entries(parents).map(([name, sha256]) => ({ name, sha256 })),
    codeDigest: "",
    configDigest: "",
    metrics: {},
  });
  dataset = (await store.put("dataset", new Uint8Array(3), by("02:preprocess"))).sha256;
  original = (await store.put("model", tinyModel(TEXTS), by("03:train", { dataset }))).sha256;
  const reversed = tinyModel([...TEXTS].reverse());
  shipped = (await store.put("model", reversed, by("05:compress", { model: original, dataset }))).sha256;
  await store.put("decision", new Uint8Array(4), by("06:deploy", { model: shipped }));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

async function call(...args: string[]) {
  const printed: string[] = [];
  const streams = { out: (text: string) => void printed.push(text), err: () => undefined, isTerminal: false };
  const status = await main(["--config", join(folder, "haqei.config.ts"), ...args], streams);
  return { status, out: printed.join("") };
}
const asked = async (...args: string[]) => JSON.parse((await call("--json", ...args)).out);

describe("haqei lineage", () => {
  it("tells from a digest's beginning what it was made from and what was made from it", async () => {
    const lineage = Lineage.parse(await asked("lineage", shipped.slice(0, 10)));
    expect(lineage.sha256).toBe(shipped);
    expect(lineage.nodes.map(({ producedBy }) => producedBy).sort()).toEqual([
      "02:preprocess",
      "03:train",
      "05:compress",
      "06:deploy",
    ]);
    expect(lineage.edges).toContainEqual({ from: dataset, to: original, role: "dataset" });
    expect(lineage.runs).toEqual([]);
  });

  it("finds the model in a prediction's eventId, and of a version", async () => {
    const served = { model: shipped, bucket: "current", shown: [1], propensity: 1, textHash: "00", lang: "ja", at: 1 };
    const eventId = `v1.${Buffer.from(JSON.stringify(served)).toString("base64url")}.AAAA`;
    expect(Lineage.parse(await asked("lineage", eventId)).sha256).toBe(shipped);

    const registry = sqliteRegistry(homeIn(join(folder, ".haqei")).registryFile);
    const schemas = { codec: 1, features: 1, normaliser: 1, classes: dataset };
    const compatibility = {
      backward_compatible: [],
      cache_invalidation: false,
      migration_required: false,
      migration_script: null,
    };
    await addReleases(registry, [{ version: "v1.0.0", sha256: original, schemas, compatibility }]);
    registry.close();
    expect(Lineage.parse(await asked("lineage", "v1.0.0")).sha256).toBe(original);
  });

  it("draws a tree for people", async () => {
    const { out } = await call("lineage", shipped);
    expect(out).toContain(`model ${shipped.slice(0, 12)} by 05:compress\nmade from\n`);
    expect(out).toContain(`  model: model ${original.slice(0, 12)} by 03:train\n    dataset: dataset`);
    expect(out).toContain("from it were made\n  model: decision");
  });

  it("refuses what it does not know, with status 2", async () => {
    for (const name of ["zz", "abc", "0".repeat(64), "v9.9.9", "v1.%%.x"]) {
      expect(await call("lineage", name)).toMatchObject({ status: 2 });
    }
    // An alias is the edge's to tell, and none is started.
    expect(await call("lineage", "current")).toMatchObject({ status: 3 });
  });
});

describe("haqei compare", () => {
  it("compares models by digest and by path on given queries", async () => {
    const queries = join(folder, "queries.tsv");
    writeFileSync(queries, `1\t${TEXTS[0]}\n1\t${TEXTS[2]}\n2\t${TEXTS[1]}\n`);
    const file = join(folder, "model.bin");
    writeFileSync(file, tinyModel(TEXTS));
    const found = Comparison.parse(await asked("compare", file, shipped.slice(0, 12), "--queries", queries));
    expect(found).toMatchObject({ models: [original, shipped], n: 3, same: 1, gained: 1, lost: 1 });
    expect(found.pairs).toHaveLength(2);
    expect((await call("compare", file, shipped, "--queries", queries)).out).toContain("of 3 queries 1 have the same");
  });
});
