import { execFile, spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { z } from "zod";
import { TrainingConfig } from "#contracts/config.ts";
import { ConflictError, DataGateError, InputError, NotFoundError, NotReachableError } from "#contracts/errors.ts";
import { homeIn, prepareHome, writeEndpoints } from "#local/home.ts";
import { identify, startTime, waitUntil, writeProcesses } from "#local/processes.ts";
import { decodeModel, encodeModel } from "#model/codec.ts";
import { compress } from "#training/compress.ts";
import { damaged, synthetic } from "#training/test-support/damage.ts";
import { train as trainModel } from "#training/train.ts";
import * as classify from "./commands/classify.ts";
import * as config from "./commands/config.ts";
import * as doctor from "./commands/doctor.ts";
import * as evaluate from "./commands/evaluate.ts";
import * as gate from "./commands/gate.ts";
import * as logs from "./commands/logs.ts";
import * as status from "./commands/status.ts";
import * as stop from "./commands/stop.ts";
import * as train from "./commands/train.ts";
import { type ExitStatus, statusOf } from "./context.ts";
import { main } from "./main.ts";
import { table } from "./table.ts";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "haqei-cli-"));
  writeFileSync(join(folder, "haqei.config.ts"), "export default { seed: 11 };");
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

async function call(...args: string[]): Promise<{ exit: ExitStatus; out: string; err: string }> {
  let [out, err] = ["", ""];
  const streams = {
    out: (text: string) => {
      out += text;
    },
    err: (text: string) => {
      err += text;
    },
    isTerminal: false,
  };
  const exit = await main(
    [...args, "--config", join(folder, "haqei.config.ts"), "--home", join(folder, "home")],
    streams,
  );
  return { exit, out, err };
}

/** Calls with `--json`, checks that standard output is one document of the command's schema, and returns it. */
async function json<S extends z.ZodType>(
  schema: S,
  ...args: string[]
): Promise<{ exit: ExitStatus; output: z.infer<S> }> {
  const { exit, out } = await call(...args, "--json");
  expect(out.trimEnd()).not.toContain("\n");
  return { exit, output: schema.parse(JSON.parse(out)) };
}

describe("every command answers in its schema", () => {
  test("config lists values with their sources, and --spec only the specification's", async () => {
    const all = await json(config.Output, "config");
    expect(all.exit).toBe(0);
    expect(all.output.values).toContainEqual({ name: "seed", value: 11, section: null, source: "file" });
    expect(all.output.file).toBe(join(folder, "haqei.config.ts"));
    const { output } = await json(config.Output, "config", "--spec");
    expect(output.values).toContainEqual({
      name: "deploy.accuracy_drop",
      value: 0.05,
      section: "2.2",
      source: "default",
    });
    expect(output.values).toContainEqual({
      name: "daily.stages.03:train",
      value: 60,
      section: "1.2.2",
      source: "default",
    });
    expect(output.values.every(({ section }) => section !== null)).toBe(true);
    expect((await call("config")).out).toContain("training.dropout");
  });

  test("doctor names each check with its mend", async () => {
    const { exit, output } = await json(doctor.Output, "doctor");
    expect(output.checks.map(({ name }) => name)).toEqual([
      "node",
      "disk",
      "temporal binary",
      "python",
      "chromium",
      "home",
      "ports",
      "processes",
    ]);
    for (const { ok, hint } of output.checks) expect(hint === "").toBe(ok);
    expect(exit).toBe(output.checks.some(({ ok, optional }) => !ok && !optional) ? 1 : 0);
  });

  test("status and stop of a home in which nothing was started", async () => {
    const { output } = await json(status.Output, "status");
    expect(output).toEqual({ services: [], schedules: [], runs: [], release: null, incidents: [] });
    expect((await call("status")).out).toContain("npx haqei start");
    expect(await json(stop.Output, "stop")).toEqual({ exit: 0, output: { stopped: [] } });
  });

  test("processes that a killed start left are seen by doctor and status and ended by stop", async () => {
    const home = prepareHome(homeIn(join(folder, "home")));
    const left = spawn("sleep", ["600"], { detached: true, stdio: "ignore" });
    try {
      const child = { name: "compute", ...identify(left.pid ?? 0), restarts: 1 };
      writeProcesses(home, { supervisor: { pid: 999_999_999, started: "0" }, children: [child] });
      const { output } = await json(status.Output, "status");
      expect(output.services).toEqual([{ name: "compute", up: true, pid: left.pid, restarts: 1 }]);
      const examined = await json(doctor.Output, "doctor");
      expect(examined.exit).toBe(1);
      expect(examined.output.checks.find(({ name }) => name === "processes")).toMatchObject({
        ok: false,
        hint: expect.stringContaining("stop"),
      });
      expect((await json(stop.Output, "stop")).output).toEqual({ stopped: ["compute"] });
      expect(await waitUntil(() => startTime(left.pid ?? 0) === undefined, 5)).toBe(true);
    } finally {
      left.kill("SIGKILL");
    }
  });

  test("logs gives the last lines of one or of all", async () => {
    const home = prepareHome(homeIn(join(folder, "home")));
    writeFileSync(join(home.logs, "edge.log"), "one\ntwo\nthree\n");
    writeFileSync(join(home.logs, "compute.log"), "four\n");
    const { output } = await json(logs.Output, "logs", "edge", "--lines", "2");
    expect(output.logs).toEqual([
      { name: "edge", file: join(home.logs, "edge.log"), bytes: 14, lines: ["two", "three"] },
    ]);
    expect((await json(logs.Output, "logs")).output.logs.map(({ name }) => name)).toEqual(["compute", "edge"]);
  });
});

test("release says what is wrong with the call, and what it cannot reach", async () => {
  expect(await call("release", "dance")).toMatchObject({ exit: 2, err: expect.stringContaining("rollback") });
  expect(await call("release", "status")).toMatchObject({ exit: 3, err: expect.stringContaining("haqei start") });
});

test("train, evaluate and classify work on a file of labels and texts, and the same seed gives the same model", async () => {
  const words = {
    lunch: ["rice", "soup", "bread"],
    travel: ["train", "plane", "ship"],
    money: ["bank", "loan", "tax"],
  };
  const rows = Object.entries(words).flatMap(([label, all]) =>
    all.flatMap((word) =>
      [`i think about ${word} today`, `tell me of the ${word}`, `${word} please`].map(
        (text) => `${label}\t${text}\ten`,
      ),
    ),
  );
  const file = join(folder, "all.tsv");
  writeFileSync(file, rows.join("\n"));
  const out = join(folder, "model");
  const made = await json(train.Output, "train", "--dataset", file, "--out", out, "--seed", "3");
  expect(made.exit).toBe(0);
  expect(made.output.model).toMatchObject({ classes: 3, rung: "coded" });
  const again = await json(train.Output, "train", "--dataset", file, "--out", join(folder, "again"), "--seed", "3");
  expect(again.output.model.sha256).toBe(made.output.model.sha256);

  const { output: score } = await json(evaluate.Output, "evaluate", "--model", out, "--queries", file);
  expect(score).toMatchObject({ model: made.output.model.sha256, n: 27 });
  expect(score.top1.value).toBeGreaterThan(0.9);
  const { output: answer } = await json(
    classify.Output,
    "classify",
    "--model",
    out,
    "tell me of the loan",
    "--top",
    "2",
  );
  expect(answer.predictions).toHaveLength(2);
  expect(answer.predictions[0]).toMatchObject({ label: "money" });
  expect(answer.predictions[0]?.why.length).toBeGreaterThan(0);

  const held = join(folder, "held.tsv");
  writeFileSync(
    held,
    rows.flatMap((row) => [row, row.replace("today", "now"), row.replace("please", "now")]).join("\n"),
  );
  const gated = await json(gate.Output, "gate", "--model", out, "--original", out, "--queries", held);
  expect(gated).toMatchObject({
    exit: 0,
    output: { passed: true, rung: "coded", model: made.output.model.sha256, failed: [], recommendations: [] },
  });
  expect(gated.output.original).not.toBe(gated.output.model);
  // The same texts, each of another class: what learnt from them is no compression of the first.
  writeFileSync(
    file,
    rows.map((row, at) => row.replace(/^\w+/, ["lunch", "travel", "money"][at % 3] as string)).join("\n"),
  );
  const other = join(folder, "other");
  await call("train", "--dataset", file, "--out", other);
  const refused = await json(gate.Output, "gate", "--model", other, "--original", out, "--queries", held);
  expect(refused).toMatchObject({ exit: 1, output: { passed: false, metrics: { vector_retention: null } } });
  expect(refused.output.failed).toContain("accuracy_impact");
  expect((await call("gate", "--model", other, "--original", out, "--queries", held)).out).toContain("Not passed.");

  writeFileSync(file, "no tab here");
  expect((await call("train", "--dataset", file, "--out", out)).exit).toBe(2);
  expect((await call("evaluate", "--model", file, "--queries", file)).exit).toBe(2);

  // Latin-1, by which an umlaut is no UTF-8: it would be learnt as gibberish.
  writeFileSync(file, "a\tübel\nb\tgut\n", "latin1");
  for (const args of [
    ["train", "--dataset", file, "--out", join(folder, "gibberish")],
    ["evaluate", "--model", out, "--queries", file],
  ])
    expect(await call(...args)).toMatchObject({ exit: 2, err: expect.stringContaining("is not UTF-8") });
});

test("gate refuses a model with a tenth of its codes exchanged, and names what to loosen", async () => {
  const options = TrainingConfig.parse({ epochs: 8, max_dimension: 12 });
  const original = (await trainModel({ examples: synthetic(600, 1), options, seed: 1 })).model;
  const held = join(folder, "held.tsv");
  writeFileSync(
    held,
    synthetic(400, 2)
      .map(({ label, text }) => `${label}\t${text}`)
      .join("\n"),
  );
  writeFileSync(join(folder, "original.bin"), original);
  for (const rung of ["coded", "codebook"] as const) {
    const whole = compress(original, rung);
    writeFileSync(join(folder, "whole.bin"), whole);
    writeFileSync(join(folder, "damaged.bin"), encodeModel(damaged(decodeModel(whole))));
    const judged = (name: string) =>
      json(
        gate.Output,
        "gate",
        "--model",
        join(folder, name),
        "--original",
        join(folder, "original.bin"),
        "--queries",
        held,
      );
    expect(await judged("whole.bin")).toMatchObject({ exit: 0, output: { passed: true, rung } });
    const { exit, output } = await judged("damaged.bin");
    expect({ exit, passed: output.passed }).toEqual({ exit: 1, passed: false });
    expect(output.failed).toContain("vector_retention");
    expect(output.recommendations.join()).toContain("training.maxBytes");
  }
});

test("logs --follow goes on with what is written, as JSON Lines, until it is told to end", async () => {
  const home = prepareHome(homeIn(join(folder, "home")));
  const file = join(home.logs, "edge.log");
  writeFileSync(file, "before\n");
  const launcher = fileURLToPath(new URL("./haqei.mjs", import.meta.url));
  const following = spawn(
    process.execPath,
    [launcher, "logs", "edge", "--follow", "--json", "--home", home.directory],
    { cwd: folder },
  );
  try {
    let out = "";
    following.stdout.on("data", (chunk) => {
      out += chunk;
    });
    for (let line = 0; !out.includes("line"); line++) {
      writeFileSync(file, `line ${line}\n`, { flag: "a" });
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    following.kill("SIGTERM");
    await new Promise((resolve) => following.once("close", resolve));
    for (const line of out.trimEnd().split("\n")) expect(logs.FollowedLine.parse(JSON.parse(line)).name).toBe("edge");
    expect(out).not.toContain("before");
  } finally {
    following.kill("SIGKILL");
  }
});

describe("what is wrong is told in the contract's form", () => {
  const wrong: [string, string[], ExitStatus, string, RegExp][] = [
    ["an unknown command", ["nonsense"], 2, "InputError", /nonsense/],
    ["an unknown option", ["status", "--nonsense"], 2, "InputError", /nonsense/],
    ["an option that is missing", ["train", "--out", "x"], 2, "InputError", /--dataset/],
    [
      "an address that is none",
      ["train", "--dataset", "x", "--out", "x", "--teacher", "ftp://host"],
      2,
      "InputError",
      /http:\/\/127/,
    ],
    ["a date that is none", ["start", "--date", "2026-02-30"], 2, "InputError", /date/],
    ["a number that is none", ["start", "--demo", "many"], 2, "InputError", /number/],
    ["a log that is not there", ["logs", "nobody"], 2, "NotFoundError", /nobody/],
    ["a model that is not there", ["classify", "text", "--model", "/nowhere"], 2, "NotFoundError", /nowhere/],
    ["servers that are not there", ["run", "daily"], 3, "NotReachableError", /endpoints/],
  ];
  test.each(wrong)("%s", async (_what, args, exit, name, message) => {
    const told = await call(...args, "--json");
    expect(told.exit).toBe(exit);
    const document = JSON.parse(told.out) as { error: { name: string; message: string; hint: string } };
    expect(Object.keys(document)).toEqual(["error"]);
    expect(document.error).toMatchObject({
      name,
      message: expect.stringMatching(message),
      hint: expect.stringMatching(/\w/),
    });
    expect(told.out).not.toContain(" at ");

    const plain = await call(...args);
    expect(plain.exit).toBe(exit);
    expect(plain.out).toBe("");
    expect(plain.err).toMatch(message);
  });

  test("a field of the config that is wrong is named; --debug shows where the error comes from, on standard error", async () => {
    writeFileSync(join(folder, "haqei.config.ts"), "export default { sead: 11 };");
    const { exit, out, err } = await call("config", "--json", "--debug");
    expect(exit).toBe(2);
    expect(JSON.parse(out).error.message).toContain("sead");
    expect(err).toMatch(/InputError.*\n.* at /s);
  });

  test("each error has its status", () => {
    expect([InputError, NotFoundError].map((Kind) => statusOf(new Kind("m", "h")))).toEqual([2, 2]);
    expect(statusOf(new NotReachableError("m", "h"))).toBe(3);
    expect([ConflictError, DataGateError].map((Kind) => statusOf(new Kind("m", "h")))).toEqual([1, 1]);
    expect(statusOf(new Error("bug"))).toBe(1);
  });

  test("a damaged endpoints file is an input error, not a crash", async () => {
    const home = prepareHome(homeIn(join(folder, "home")));
    writeEndpoints(home, {
      temporal: { address: "x", namespace: "y" },
      edge: { url: "http://127.0.0.1:1" },
      adminSecretFile: "z",
    });
    writeFileSync(home.endpointsFile, "{");
    expect((await call("status")).exit).toBe(2);
  });
});

test("help and version of the shape are no errors", async () => {
  const help = await call("--help");
  expect(help.exit).toBe(0);
  for (const name of ["start", "stop", "status", "run", "train", "evaluate", "classify", "config", "doctor", "logs"])
    expect(help.out).toContain(name);
  expect((await call("start", "--help")).out).toContain("--demo");
});

test("the launcher hands on arguments and exit status from any folder, with nothing but the answer on standard output", async () => {
  const launcher = fileURLToPath(new URL("./haqei.mjs", import.meta.url));
  mkdirSync(join(folder, "inner"));
  const run = promisify(execFile);
  const { stdout, stderr } = await run(process.execPath, [launcher, "config", "--json"], {
    cwd: join(folder, "inner"),
  });
  expect(config.Output.parse(JSON.parse(stdout)).values).toContainEqual({
    name: "seed",
    value: 11,
    section: null,
    source: "file",
  });
  expect(stderr).toBe("");
  await expect(run(process.execPath, [launcher, "nonsense", "--json"], { cwd: folder })).rejects.toMatchObject({
    code: 2,
  });
});

test("columns line up where characters are wide", () => {
  expect(
    table(
      ["a", "b"],
      [
        ["初九", "x"],
        ["y", "z"],
      ],
    ),
  ).toBe("a     b\n初九  x\ny     z");
});
