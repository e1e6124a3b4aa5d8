import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TestWorkflowEnvironment } from "@temporalio/testing";
import { Worker } from "@temporalio/worker";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { deliver, giveUpMessage, keepMessages } from "#activities/deliver.ts";
import { reportWeek } from "#activities/report-week.ts";
import type { Notification } from "#contracts/notification.ts";
import { loadConfig } from "#local/config.ts";
import { homeIn, prepareHome } from "#local/home.ts";
import { weekInShort } from "#local/report.ts";
import { startOfDate } from "#policy/logical-date.ts";
import { folderArtefacts } from "#stores/folder-artefacts.ts";
import { type Registry, sqliteRegistry } from "#stores/registry.ts";
import { noteRelease } from "#stores/release-history.ts";
import type { weeklyReport } from "#workflows/weekly-report.ts";
import { type MailServer, startMailServer } from "../../notify/test-support/mail.ts";
import { type Receiver, startReceiver } from "../../notify/test-support/receiver.ts";
import { saveHistory } from "../support/histories.ts";
import { timeSkipping } from "../support/time-skipping.ts";

/** The report of a home in which something was released and nothing runs, sent by a workflow to real receivers. */

const TO = "2026-11-01";
const QUEUE = "reporting";
let environment: TestWorkflowEnvironment;
let worker: Worker;
let working: Promise<void>;
let folder: string;
let registry: Registry;
let receiver: Receiver;
let mail: MailServer;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "haqei-report-"));
  const home = prepareHome(homeIn(folder));
  registry = sqliteRegistry(home.registryFile);
  receiver = await startReceiver();
  mail = await startMailServer();
  const channels = [
    { kind: "webhook", name: "hook" },
    { kind: "email", from: "haqei@example.org", to: ["team@example.org"] },
  ];
  const loaded = await loadConfig(undefined, {
    env: { HAQEI__notify: JSON.stringify({ channels, routes: { weekly_report: ["hook", "email"] } }) },
  });
  const { config } = loaded;
  const environmentOf = {
    HAQEI_WEBHOOK_URL: `${receiver.url}/hook`,
    HAQEI_SMTP_URL: mail.url,
  };
  const skipping = await timeSkipping();
  environment = skipping.environment;
  const now = Date.now;
  worker = await Worker.create({
    connection: environment.nativeConnection,
    taskQueue: QUEUE,
    ...skipping.workerOptions,
    activities: {
      reportWeek: reportWeek({ config, now, weekly: (to, at) => weekInShort({ home, loaded }, to, at) }),
      keepMessages: keepMessages({ registry }),
      deliver: deliver({ config, registry, now, artefacts: folderArtefacts(home.artefacts) }, environmentOf),
      giveUpMessage: giveUpMessage({ registry, now }),
    },
  });
  working = worker.run();
});
afterAll(async () => {
  worker?.shutdown();
  await working;
  await environment?.teardown();
  await receiver?.close();
  await mail?.close();
  registry?.close();
  rmSync(folder, { recursive: true, force: true });
});

const report = (workflowId: string) =>
  environment.client.workflow.start<typeof weeklyReport>("weeklyReport", {
    taskQueue: QUEUE,
    workflowId,
    args: [{ to: TO }],
  });
const bodies = () => receiver.received.map(({ body }) => body as Notification);

describe("the week's report", () => {
  it("goes in short to every channel, and as a page to those who can take one", async () => {
    await noteRelease(registry, {
      at: startOfDate(TO, "Asia/Tokyo"),
      outcome: "rolled-back",
      sha256: "a".repeat(64),
      version: "v1.0.7",
      reason: "errors-worse",
    });
    const handle = await report("report");
    const { channels, notification } = await handle.result();
    expect(channels).toEqual(["hook", "email"]);
    await expect.poll(() => [bodies().length, mail.mails.length]).toEqual([1, 1]);
    expect(bodies()[0]).toMatchObject({
      id: `report-${TO}`,
      level: "info",
      title: "week of 2026-10-26 to 2026-11-01",
      report: {
        sha256: notification.report?.sha256,
        lines: expect.arrayContaining(["Releases: 0 released, 1 rolled back.", "Incidents: None was opened."]),
      },
    });
    const [sent = ""] = mail.mails;
    expect(sent).toMatch(/^Subject: Note: week of 2026-10-26 to 2026-11-01$/m);
    expect(sent).toContain(`filename=report-${TO}.html`);
    const page = Buffer.from(/filename=[^\n]+\r\n\r\n([A-Za-z0-9+/=\r\n]+)/.exec(sent)?.[1] ?? "", "base64").toString();
    expect(page).toContain("v1.0.7");
    expect(page).toContain("errors-worse");
    await saveHistory(environment.client, "report", handle.firstExecutionRunId, "weekly-report");
  });

  it("is one message, however often it is asked for", async () => {
    await (await report("report-again")).result();
    for (const channel of ["hook", "email"])
      await environment.client.workflow.getHandle(`notify-report-${TO}-${channel}`).result();
    expect([bodies().length, mail.mails.length]).toEqual([1, 1]);
  });
});
