import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import type { Proposal } from "#contracts/accuracy.ts";
import { ConflictError } from "#contracts/errors.ts";
import { loadConfig } from "./config.ts";
import { PROPOSAL_FILE, writeProposal } from "./proposal-file.ts";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "haqei-proposal-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const change = (path: string[], to: number | boolean) => ({ path, from: null, to, action: "a", because: "b" });
const PROPOSAL: Proposal = {
  changes: [
    change(["daily", "data_required"], 250),
    change(["learning", "priority_learning", "enabled"], true),
    change(["learning", "priority_learning", "learningRate"], 0.5),
  ],
  steps: [{ action: "look", command: "npx haqei cost" }],
};

test("a proposal is a config that loads: the changes, and else what was written", async () => {
  const file = join(folder, "haqei.config.ts");
  writeFileSync(file, 'export default { seed: 7, daily: { data_required: 500, stages: { "03:train": 9 } } };');
  const written = writeProposal(PROPOSAL, await loadConfig(file, { env: {} }));
  expect(written).toBe(join(folder, PROPOSAL_FILE));
  const { config } = await loadConfig(written, { env: {} });
  expect(config).toMatchObject({
    seed: 7,
    daily: { data_required: 250, stages: { "03:train": 9, "05:compress": 20 } },
    learning: { priority_learning: { enabled: true, learningRate: 0.5, misclassified: { weight: 3 } } },
  });
});

test("without a config file it stands alone; what is there already is not written over", async () => {
  const loaded = await loadConfig(undefined, { env: {}, cwd: folder });
  const written = writeProposal(PROPOSAL, loaded, join(folder, "own.ts"));
  expect((await loadConfig(written, { env: {} })).config.daily.data_required).toBe(250);
  expect(() => writeProposal(PROPOSAL, loaded, written)).toThrow(ConflictError);
});
