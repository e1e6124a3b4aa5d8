import { execFile } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, describe, expect, test } from "vitest";
import type { z } from "zod";
import type { Output } from "#cli/commands/gate.ts";
import { readAuthored } from "#datasets/authored.ts";
import { decodeModel, encodeModel } from "#model/codec.ts";
import { damaged } from "#training/test-support/damage.ts";

/** The gate by command, on data that no test made: CLINC150 and the project's own lines, each held to its dev split. */

const root = fileURLToPath(new URL("..", import.meta.url));
const clinc = join(process.env.HAQEI_BENCH_DATA ?? join(root, "../shared/data"), "clinc150");
const folder = mkdtempSync(join(tmpdir(), "haqei-gate-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Few epochs: what the gate compares is a model and what was made of it, however good. */
const config = join(folder, "haqei.config.ts");
writeFileSync(
  config,
  `export default { training: { epochs: 4, dropout: 0.5, few: { max_dimension: 50, epochs: 3 } } };`,
);

/** What a command printed as JSON, and its exit status. */
function haqei<T>(...args: string[]): Promise<{ status: number; output: T }> {
  const call = [join(root, "cli/haqei.mjs"), ...args, "--json", "--config", config, "--home", join(folder, "home")];
  return new Promise((resolve, reject) =>
    execFile(process.execPath, call, { maxBuffer: 1 << 24 }, (error, out, err) => {
      const status = error === null ? 0 : Number(error.code);
      if (status > 1 || Number.isNaN(status)) reject(new Error(err));
      else resolve({ status, output: JSON.parse(out) as T });
    }),
  );
}

async function gateOn(name: string, dataset: string, queries: string, maxBytes: number): Promise<void> {
  const made = join(folder, name);
  await haqei("train", "--dataset", dataset, "--out", made, "--max-bytes", String(maxBytes));
  const gate = (model: string) =>
    haqei<z.infer<typeof Output>>("gate", "--model", model, "--original", made, "--queries", queries);
  const whole = await gate(made);
  expect(whole).toMatchObject({ status: 0, output: { passed: true, rung: "coded", failed: [] } });

  const broken = join(folder, `${name}-broken.bin`);
  writeFileSync(broken, encodeModel(damaged(decodeModel(new Uint8Array(readFileSync(join(made, "model.bin")))))));
  const refused = await gate(broken);
  expect(refused).toMatchObject({ status: 1, output: { passed: false } });
  expect(refused.output.failed).toContain("vector_retention");
  expect(refused.output.metrics.vector_retention).toBeLessThan(whole.output.metrics.vector_retention as number);
  expect(refused.output.recommendations).not.toEqual([]);
}

describe("haqei gate passes what was compressed and refuses it with a tenth of its codes exchanged", () => {
  test.skipIf(!existsSync(clinc))("on CLINC150 at 300,000 bytes (needs ../shared/data/clinc150)", () =>
    gateOn("clinc", join(clinc, "train.tsv"), join(clinc, "val.tsv"), 300_000),
  );

  test("on the lines at 800,000 bytes", async () => {
    const datasets = join(root, "datasets");
    const { examples } = await readAuthored(datasets);
    const dev = examples.filter(({ split }) => split === "dev");
    const queries = join(folder, "dev.tsv");
    writeFileSync(queries, dev.map(({ label, text, lang }) => `${label}\t${text}\t${lang}\n`).join(""));
    await gateOn("lines", datasets, queries, 800_000);
  });
});
