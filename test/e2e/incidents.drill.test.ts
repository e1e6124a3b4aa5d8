import { randomUUID } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { callingSettings } from "#activities/keep-watch.ts";
import { startIncident } from "#activities/open-incident.ts";
import type { AlertRuleChange } from "#contracts/alert.ts";
import { Config } from "#contracts/config.ts";
import type { LoggedEvent } from "#contracts/event.ts";
import type { IncidentLevel } from "#contracts/incident.ts";
import { readAuthored } from "#datasets/authored.ts";
import type { ConfigInput } from "#local/config.ts";
import { bundledFallback } from "#local/fallback.ts";
import { ALERT_RULES } from "#policy/alerts/rules.ts";
import { logicalDateOf } from "#policy/logical-date.ts";
import { localEdgeBucket } from "#stores/edge-bucket.ts";
import { fetchEvents } from "#stores/event-log.ts";
import { folderArtefacts } from "#stores/folder-artefacts.ts";
import { beginIncident } from "#stores/incidents.ts";
import { readMessages } from "#stores/messages.ts";
import { s3Artefacts } from "#stores/s3-artefacts.ts";
import { reportRun } from "#workers/runs.ts";
import { type Receiver, startReceiver } from "../../notify/test-support/receiver.ts";
import { type RolloutSystem, startRolloutSystem, startUsers } from "../support/rollouts.ts";
import { runbookPages } from "../support/runbook.ts";
import { asking } from "../support/traffic.ts";
import watchConfig from "../support/watch.config.ts";
import { type Watched, watched } from "../support/watching.ts";

/**
 * A fault of every kind of specification 8.1, once, on a running system: which alert fires, of which level its incident is, who is told, what
 * is done without people, and by which measurement it is over. The pages of OPERATIONS.md are followed by a program that knows
 * nothing else. Prints what happened as a table.
 */

const DATASET = fileURLToPath(new URL("../../datasets", import.meta.url));
const TIMEZONE = "Asia/Tokyo";
const HOUR = 3_600_000;
/** Looks are minutes apart in service and as often as wanted here, so no rule waits; limits are the specification's. */
const AT_ONCE: AlertRuleChange = { for: "0s", keep_firing_for: "0s" };
const rules: Record<string, AlertRuleChange> = Object.fromEntries(ALERT_RULES.map(({ name }) => [name, AT_ONCE]));
const config = {
  ...watchConfig,
  dataset: DATASET,
  training: { epochs: 8, max_dimension: 24, dropout: 0.3, maxFeatures: 12_000 },
  watch: {
    ...watchConfig.watch,
    group_interval: "0s",
    settle: "15s",
    every: "5m",
    rules: { ...rules, cache_hit_rate: { ...AT_ONCE, minimum_sample: 100 } },
  },
  notify: {
    ...watchConfig.notify,
    channels: [
      { kind: "slack" },
      { kind: "webhook", name: "pager" },
      { kind: "webhook", name: "tickets", urlVariable: "HAQEI_TICKETS_URL" },
    ],
    routes: { page_oncall: ["pager"], send_slack: ["slack"], create_incident: ["slack"], create_ticket: ["tickets"] },
  },
} satisfies ConfigInput;

interface Happened {
  fault: string;
  alert: string;
  level: IncidentLevel | undefined;
  told: string[];
  done: string;
  proof: string;
  seconds: number;
}

let all: RolloutSystem;
let on: Watched;
let receiver: Receiver;
let folder: string;
let configFile: string;
const happened: Happened[] = [];
const followed: string[] = [];
const pages = runbookPages();
const write = (changed: ConfigInput) => writeFileSync(configFile, `export default ${JSON.stringify(changed)};\n`);

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "haqei-incidents-"));
  configFile = join(folder, "haqei.config.ts");
  write(config);
  receiver = await startReceiver();
  process.env["HAQEI_SLACK_URL"] = `${receiver.url}/slack`;
  process.env["HAQEI_WEBHOOK_URL"] = `${receiver.url}/pager`;
  process.env["HAQEI_TICKETS_URL"] = `${receiver.url}/tickets`;
  all = await startRolloutSystem(configFile, { graded_top3: 0.98, n: 1000 });
  on = watched(all, configFile);
  await rememberYesterday();
});
afterAll(async () => {
  const row = ({ fault, alert, level, told, done, proof, seconds }: Happened) =>
    `| ${fault} | \`${alert}\` | ${level ?? "none"} | ${told.join(", ") || "nobody"} | ${done || "nothing"} | ${proof} | ${seconds.toFixed(0)} s |`;
  console.info(
    [
      "| fault | alert | level | told | done without people | over by | after |",
      "|---|---|---|---|---|---|---|",
      ...happened.map(row),
    ].join("\n"),
  );
  console.info(followed.join("\n\n"));
  on?.registry.close();
  await all?.system.end();
  await receiver?.close();
  rmSync(folder, { recursive: true, force: true });
});

/** Answers of the day before, of 40 ms each, as the batch has fetched them. */
async function rememberYesterday(): Promise<void> {
  const at = Date.now() - 20 * HOUR;
  const lines = Array.from({ length: 400 }, (_, turn): string => {
    const served = {
      model: all.first,
      bucket: "current",
      shown: [1, 2, 3],
      propensity: 1,
      textHash: `t${turn}`,
      lang: "ja" as const,
      at,
    };
    const event: LoggedEvent = {
      seq: 1,
      id: randomUUID(),
      type: "bounce",
      at,
      receivedAt: at + turn,
      roundTripMs: 40,
      served,
    };
    return JSON.stringify(event);
  });
  const pagesOfLog = [lines];
  // The cursor stays where the edge's own log begins.
  await fetchEvents(
    on.registry,
    folderArtefacts(all.system.home.artefacts),
    { events: async () => ({ lines: pagesOfLog.pop() ?? [], next: 0 }) },
    () => undefined,
  );
}

/** Moves the pointer by hand, as a person with the admin secret may. */
async function release(current: string, previous?: string, dictionary?: string): Promise<void> {
  const pointer = await all.edge.pointer();
  if (!pointer) throw new Error("nothing is released");
  await all.upload(current);
  if (previous) await all.upload(previous);
  const { previous: _before, canary: _canary, dictionary: _words, ...rest } = pointer;
  const named = (sha256: string) => ({ sha256, version: `v1.0.${1 + all.good.indexOf(sha256)}` });
  await all.edge.putPointer(
    {
      ...rest,
      epoch: pointer.epoch + 1,
      current: named(current),
      ...(previous ? { previous: named(previous) } : {}),
      ...(dictionary ? { dictionary } : {}),
    },
    pointer.epoch,
  );
  await expect.poll(async () => (await all.edge.health()).epoch, { timeout: 20_000 }).toBe(pointer.epoch + 1);
}

/** Gives a page's commands, with what they leave open filled in; those of `act` that the case calls for. Fails where one does not work. */
async function follow(name: string, acts: readonly string[] = []): Promise<void> {
  const page = pages.get(name);
  if (!page) throw new Error(`OPERATIONS.md has no page ${name}`);
  for (const act of acts) expect(page.act, name).toContain(act);
  const model = (await all.edge.pointer())?.current.sha256 ?? "";
  for (const command of [...page.look, ...acts]) {
    const args = command
      .split(" ")
      .map((word) => ({ TEXT: "as its page says", MODEL: wanted ?? model, NAME: "ab" })[word] ?? word);
    const { exit, text } = await on.haqei(...args);
    followed.push(`$ haqei ${args.join(" ")}   (${name}; exit status ${exit})\n${text.slice(0, 1500)}`);
    expect(exit, `${command}: ${text}`).toBeLessThan(2);
  }
}
/** The model that a page means by MODEL, where it is not the current one. */
let wanted: string | undefined;

/** Messages that name an alert, by channel. */
const toldOf = async (alert: string): Promise<string[]> => {
  await expect
    .poll(async () =>
      (await readMessages(on.registry)).every(({ deliveries }) =>
        Object.values(deliveries).every(({ state }) => state === "delivered"),
      ),
    )
    .toBe(true);
  const about = (body: unknown) => JSON.stringify(body).includes(alert);
  return [...new Set(receiver.received.filter(({ body }) => about(body)).map(({ path }) => path.slice(1)))].sort();
};

/** An incident is a workflow of its own, which writes itself down. */
const opens = async (alert: string, level: IncidentLevel) => {
  await expect.poll(() => on.incident(alert), { message: alert }).toMatchObject({ level });
  expect((await on.incident(alert))?.closed, alert).toBeUndefined();
};

/** A fault from its injection to its end: `mend` is what makes it good again, until what is measured says so. */
async function incident(
  fault: string,
  alert: string,
  {
    level,
    inject,
    acts = [],
    mend,
    told,
  }: { level: IncidentLevel; inject: () => Promise<void>; acts?: string[]; mend: () => Promise<void>; told: string[] },
): Promise<void> {
  await inject();
  const begun = performance.now();
  await on.look();
  await opens(alert, level);
  await follow(alert, acts);
  const acked = await on.haqei("incidents", "ack", alert, "--reason", "a drill");
  expect(acked.exit, acked.text).toBe(0);
  await over(fault, alert, mend, begun, told);
}

async function over(
  fault: string,
  alert: string,
  mend: () => Promise<void>,
  begun: number,
  told: string[],
): Promise<void> {
  for (let turn = 0; (await on.incident(alert))?.closed === undefined; turn += 1) {
    expect(turn, `${alert} is not over`).toBeLessThan(10);
    await mend();
    await on.look();
    await expect
      .poll(async () => (await on.incident(alert))?.closed, { timeout: 1500 })
      .toBeDefined()
      .catch(() => undefined);
  }
  const { closed, level, timeline } = (await on.incident(alert)) as NonNullable<
    Awaited<ReturnType<Watched["incident"]>>
  >;
  expect(closed?.proof, alert).toMatchObject({ n: expect.any(Number) });
  const channels = await toldOf(alert);
  happened.push({
    fault,
    alert,
    level,
    told: channels,
    done: timeline
      .map(({ what }) => what)
      .filter((what) => /rolled back|taken away|simple mode|retrain/.test(what))
      .join("; "),
    proof: `${closed?.proof?.metric} ${closed?.proof?.value.toPrecision(3)}, n ${closed?.proof?.n}`,
    seconds: (performance.now() - begun) / 1000,
  });
  for (const channel of told) expect(channels, alert).toContain(channel);
}

describe("a fault of every kind (specification 8.1)", () => {
  it("is not seen where there is none", async () => {
    await release(all.good[0] as string, all.first);
    await on.ask(600);
    await on.look();
    expect((await on.haqei("incidents", "list")).text).toContain("No incident is open.");
  });

  it("the cache is of no use: level 2", async () => {
    await incident("nobody asks what was asked before", "cache_hit_rate", {
      level: 2,
      inject: () => on.ask(500, "new"),
      mend: () => on.ask(1000),
      told: ["slack", "tickets"],
    });
  });

  it("answers fail: level 3, the model before serves again", async () => {
    const [good = "", broken = ""] = all.good;
    await incident("a released model that cannot be read", "error_rate", {
      level: 3,
      inject: async () => {
        await release(broken, good);
        await all.damage(broken);
        await on.restart("edge");
        await on.ask(600);
      },
      mend: () => on.ask(2500),
      told: ["pager", "slack"],
    });
    expect((await all.edge.pointer())?.current.sha256).toBe(good);
    for (const alert of ["error_budget_burn_1h", "error_budget_burn_6h"]) {
      await follow(alert);
      await over("the same", alert, () => on.ask(2500), performance.now(), []);
    }
    for (const alert of ["error_budget_burn_1d", "error_budget_burn_3d"]) await follow(alert);
  });

  it("answers come by keywords: level 2, a person goes back", async () => {
    const [good = "", , broken = ""] = all.good;
    const authored = await readAuthored(DATASET);
    const { dictionary } = await bundledFallback(authored, {
      cache: all.system.home.cache,
      seed: 1,
      log: () => undefined,
    });
    const { url } = all.system.servers.endpoints.edge;
    const adminSecret = readFileSync(all.system.home.adminSecretFile, "utf8").trim();
    const released = s3Artefacts(localEdgeBucket({ url, adminSecret }));
    const words = await released.put("dictionary", new Uint8Array(readFileSync(dictionary)), {
      producedBy: "test",
      parents: [],
      codeDigest: "",
      configDigest: "",
      metrics: {},
    });
    const texts = authored.examples.filter(({ split }) => split === "live").slice(0, 50);
    await incident("the model cannot be read, the dictionary can", "fallback_rate", {
      level: 2,
      inject: async () => {
        await release(broken, good, words.sha256);
        await all.damage(broken);
        await on.restart("edge");
        await asking(all.edge, 1500, (turn) =>
          all.edge.classify(texts[turn % texts.length]?.text ?? "", `reader-${turn}`).catch(() => undefined),
        );
      },
      acts: ["release rollback --reason TEXT"],
      mend: () => on.ask(2500),
      told: ["slack", "tickets"],
    });
    expect((await all.edge.pointer())?.current.sha256).toBe(good);
  });

  it("the service is down: level 3, and what was not measured is missing, never good", async () => {
    const edge = on.pidOf("edge");
    process.kill(-edge, "SIGSTOP");
    const begun = performance.now();
    try {
      await on.look();
      await opens("edge_unreachable", 3);
      await opens("metric_missing", 2);
      expect((await on.haqei("alerts", "list")).text).toContain("not measured");
    } finally {
      process.kill(-edge, "SIGCONT");
    }
    for (const alert of ["edge_unreachable", "metric_missing"]) await follow(alert);
    await over("the edge hangs", "edge_unreachable", async () => undefined, begun, ["pager", "slack"]);
    await over("the same", "metric_missing", async () => undefined, begun, ["slack", "tickets"]);
  });

  it("data are inconsistent: level 3, back to the model before, and a person releases what should serve", async () => {
    const [good = "", , , strange = "", stranger = ""] = all.good;
    wanted = good;
    await incident("a pointer that was moved by hand", "version_consistency", {
      level: 3,
      inject: () => release(strange, stranger),
      acts: ["release start --model MODEL --reason TEXT"],
      mend: async () => {
        const users = startUsers(all.system.servers.endpoints.edge.url);
        await all.until(good).finally(users.stop);
        await on.ask(2000);
      },
      told: ["pager", "slack"],
    });
    wanted = undefined;
    expect((await all.edge.pointer())?.current.sha256).toBe(good);
  });

  it("answers are 10 ms slower: level 1, logged", async () => {
    await incident("answers of 70 ms in place of 40", "response_slower", {
      level: 1,
      inject: () => on.judge({ n: 150, right: 147, roundTripMs: 70 }),
      mend: () => on.judge({ n: 450, right: 441, roundTripMs: 40 }),
      told: ["tickets"],
    });
  });

  it("accuracy is down by 5 points, as far as is known: level 1, logged", async () => {
    await incident("6 points fewer right answers, of 900", "accuracy_drop", {
      level: 1,
      inject: () => on.judge({ n: 300, right: 240, roundTripMs: 40 }),
      mend: () => on.judge({ n: 600, right: 600, roundTripMs: 40 }),
      told: ["tickets"],
    });
  });

  it("accuracy is down by much: level 3, the model before serves again, and the emergency retrain begins by itself", async () => {
    const before = await all.edge.pointer();
    const retrain = `emergency-${logicalDateOf(Date.now(), TIMEZONE)}`;
    await incident("25 points fewer right answers", "accuracy_below_blessed", {
      level: 3,
      inject: () => on.judge({ n: 500, right: 0, roundTripMs: 40 }),
      acts: ["lineage MODEL"],
      mend: () => on.judge({ n: 150, right: 150, roundTripMs: 40 }),
      told: ["pager", "slack"],
    });
    expect((await all.edge.pointer())?.current.sha256).toBe(before?.previous?.sha256);
    expect((await on.incident("prediction_error_rate"))?.timeline.map(({ what }) => what).join()).toContain(
      `the emergency retrain ${retrain} was started`,
    );
    for (const alert of ["prediction_error_rate", "accuracy"]) {
      await follow(alert);
      await over(
        "the same",
        alert,
        () => on.judge({ n: 150, right: 150, roundTripMs: 40 }),
        performance.now(),
        alert === "accuracy" ? [] : ["pager", "slack"],
      );
    }
    const { client, servers } = all.system;
    const report = () => reportRun(client, servers.endpoints, retrain);
    await expect.poll(async () => (await report())?.status, { timeout: 400_000, interval: 1000 }).not.toBe("running");
    const run = await report();
    expect(run?.stages.find(({ name }) => name === "05:compress")).toMatchObject({ status: "ran" });
    followed.push(
      `the emergency retrain: ${run?.status}, ${run?.verdict?.action} (${run?.verdict?.reason}), ${run?.stages.reduce((sum, { seconds }) => sum + seconds, 0).toFixed(0)} s of stages${run?.error ? `; ${run.error}` : ""}`,
    );
    expect((await on.haqei("audit")).text).toContain("run emergency");
  });
});

describe("other pages", () => {
  it("of a rollout are followed where it went back", async () => {
    const [, , , , , , one = ""] = all.good;
    await all.upload(one);
    expect((await on.haqei("release", "start", "--model", one, "--reason", "a drill")).exit).toBe(0);
    await all.until(one, "watching");
    expect((await on.haqei("release", "rollback", "--reason", "a drill")).exit).toBe(0);
    await expect.poll(() => on.incident("release-rolled-back")).toMatchObject({ level: 3 });
    await follow("release-rolled-back", ["incidents close release-rolled-back --reason TEXT"]);
    expect((await on.incident("release-rolled-back"))?.closed).toMatchObject({ reason: "as its page says" });
  });

  it.each([
    ["release-undecided", 2, 5, []],
    ["release-frozen", 3, 7, ["release start --model MODEL --reason TEXT"]],
  ] as const)("of %s are followed while one waits, its incident opened by hand", async (cause, level, at, more) => {
    wanted = all.good[at] ?? "";
    await all.upload(wanted);
    expect((await on.haqei("release", "start", "--model", wanted, "--reason", "a drill")).exit).toBe(0);
    await all.until(wanted, "watching");
    const opened = Date.now();
    const one = { id: `${cause}-${opened}`, cause, level, opened, timeline: [{ at: opened, what: "opened by hand" }] };
    await beginIncident(on.registry, one);
    await startIncident(all.system.client, one, callingSettings(Config.parse(config)));
    await follow(cause, ["release abort --reason TEXT", `incidents close ${cause} --reason TEXT`, ...more]);
    expect((await on.incident(cause))?.closed).toMatchObject({ reason: "as its page says" });
    if (more.length > 0) await on.haqei("release", "abort", "--reason", "the drill is over");
    await all.until(wanted, "aborted");
    wanted = undefined;
  });

  it("of limits that are hard to reach are followed with lower limits", async () => {
    const lowered = {
      memory_usage: 0.0001,
      operations_p99: 0.000001,
      new_words_detected: -1,
      model_update_available: 0,
      cpu_time_p99: 0.000001,
    };
    const changed = Object.fromEntries(
      Object.entries(lowered).map(([name, threshold]) => [name, { ...AT_ONCE, threshold, minimum_sample: 0 }]),
    );
    await on.judge({ n: 20, right: 20, roundTripMs: 40, consent: true });
    wanted = (await all.edge.pointer())?.current.sha256 ?? "";
    write({ ...config, watch: { ...config.watch, rules: { ...rules, ...changed } } });
    await on.restart("pipeline");
    await on.look();
    const { text } = await on.haqei("alerts", "list");
    for (const name of Object.keys(lowered)) {
      expect(text, name).toMatch(new RegExp(`${name} .* firing`));
      await follow(name, name === "cpu_time_p99" ? ["compare MODEL current"] : []);
    }
    wanted = undefined;
    write(config);
    await on.restart("pipeline");
    for (const alert of ["memory_usage", "operations_p99", "cpu_time_p99"])
      await over("a lowered limit", alert, () => on.ask(50), performance.now(), []);
  });
});
