import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";
import { Output } from "#cli/commands/chaos.ts";
import { InputError } from "#contracts/errors.ts";
import { FAULTS } from "#local/chaos/faults.ts";
import { causeChaos, faultsNamed } from "#local/chaos/run.ts";

/** A part of `haqei chaos all`, short enough to run often; `crash.slow.test.ts` kills processes, `rollout.slow.test.ts` does so in a rollout. */
const SHORT = ["artefact-corrupt", "events-doubled-late-reordered", "two-starts", "sigterm-in-release"];

it("is held to its promises with nothing lost", async () => {
  const faults = faultsNamed(SHORT);
  const dataset = fileURLToPath(new URL("../../datasets", import.meta.url));
  const report = Output.parse(await causeChaos(faults, { dataset, log: () => undefined }));
  expect(report.faults.map(({ name }) => name).sort()).toEqual(SHORT.toSorted());
  expect(report.faults.filter(({ ok, lost }) => !ok || lost > 0)).toEqual([]);
  expect(report.skipped).toEqual([]);
});

it("knows its faults by name", () => {
  expect(faultsNamed(["all"])).toHaveLength(FAULTS.length);
  expect(faultsNamed(["two-starts", "disk-full"]).map(({ name }) => name)).toEqual(["two-starts", "disk-full"]);
  expect(() => faultsNamed(["meteor"])).toThrow(InputError);
});
