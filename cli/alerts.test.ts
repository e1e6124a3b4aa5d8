import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { z } from "zod";
import { Notification } from "#contracts/notification.ts";
import { ALERT_RULES } from "#policy/alerts/rules.ts";
import { type MailServer, startMailServer } from "../notify/test-support/mail.ts";
import { type Receiver, startReceiver } from "../notify/test-support/receiver.ts";
import { GithubIssue, PagerDutyEvent, SlackBody } from "../notify/test-support/schemas.ts";
import { Output } from "./commands/alerts.ts";
import { main } from "./main.ts";

let folder: string;
let receiver: Receiver;
let mail: MailServer;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "haqei-alerts-"));
  receiver = await startReceiver();
  mail = await startMailServer();
  receiver.answer(({ method, path, body }) => {
    if (path.startsWith("/github") && method === "GET") return { status: 200, body: issues() };
    if (path.startsWith("/github") && method === "POST")
      return {
        status: 201,
        body: { number: 7, html_url: "https://example.org/7", state: "open", ...(body as object) },
      };
    if (path.startsWith("/pagerduty")) return { status: 202, body: { status: "success", dedup_key: "k" } };
    return { status: 200, body: {} };
  });
  const channels = [
    { kind: "slack" },
    { kind: "pagerduty", url: `${receiver.url}/pagerduty` },
    { kind: "github", repository: "us/haqei", url: `${receiver.url}/github` },
    { kind: "email", from: "haqei@example.org", to: ["oncall@example.org"] },
    { kind: "webhook" },
  ];
  writeFileSync(join(folder, "haqei.config.ts"), `export default ${JSON.stringify({ notify: { channels } })};\n`);
  Object.assign(process.env, {
    HAQEI_SLACK_URL: `${receiver.url}/slack`,
    HAQEI_PAGERDUTY_KEY: "k".repeat(32),
    HAQEI_GITHUB_TOKEN: "t",
    HAQEI_SMTP_URL: mail.url,
    HAQEI_WEBHOOK_URL: `${receiver.url}/webhook`,
  });
});
afterAll(async () => {
  await Promise.all([receiver?.close(), mail?.close()]);
  rmSync(folder, { recursive: true, force: true });
});

const bodies = (name: string, method = "POST"): unknown[] =>
  receiver.received.filter((one) => one.path.startsWith(`/${name}`) && one.method === method).map(({ body }) => body);
/** The issue that was opened, as GitHub lists it. */
const issues = (): object[] =>
  bodies("github").map((body) => ({
    number: 7,
    html_url: "https://example.org/7",
    state: "open",
    ...(body as object),
  }));

async function haqei(...args: string[]) {
  const said: string[] = [];
  const streams = { out: (text: string) => void said.push(text), err: () => undefined, isTerminal: false };
  const exit = await main(["alerts", ...args, "--json", "--config", join(folder, "haqei.config.ts")], streams);
  return { exit, output: JSON.parse(said.join("")) as unknown };
}

describe("haqei alerts", () => {
  it("test sends a harmless message and its end through every channel that is configured, as each one's schema has it", async () => {
    const { exit, output } = await haqei("test");
    const { channels } = Output.parse(output);
    expect(channels).toEqual(
      ["slack", "pagerduty", "github", "email", "webhook"].map((kind) => ({ name: kind, ok: true, detail: kind })),
    );
    expect(exit).toBe(0);
    const slack = z.array(SlackBody).parse(bodies("slack"));
    expect(slack.map(({ text }) => text)).toEqual([
      expect.stringContaining("nothing is wrong"),
      expect.stringContaining("nothing is wrong"),
    ]);
    const paged = z.array(PagerDutyEvent).parse(bodies("pagerduty"));
    expect(paged.map(({ event_action }) => event_action)).toEqual(["trigger", "resolve"]);
    expect(new Set(paged.map(({ dedup_key }) => dedup_key)).size).toBe(1);
    expect(z.array(GithubIssue).parse(bodies("github"))).toHaveLength(1);
    expect(bodies("github", "PATCH")).toContainEqual(expect.objectContaining({ state: "closed" }));
    expect(
      z
        .array(Notification)
        .parse(bodies("webhook"))
        .map(({ status }) => status),
    ).toEqual(["firing", "resolved"]);
    expect(mail.mails).toHaveLength(2);
    expect(mail.mails[0]).toMatch(/^Subject: .*nothing is wrong/m);
  });

  it("test ends with 1 where a channel did not take it, and says why", async () => {
    receiver.answer(({ path }) => ({ status: path.startsWith("/slack") ? 404 : 200, body: [] }));
    const { exit, output } = await haqei("test");
    expect(exit).toBe(1);
    const slack = Output.parse(output).channels.find(({ name }) => name === "slack");
    expect(slack).toMatchObject({ ok: false, detail: expect.stringContaining("404") });
  });

  it("list shows every rule, though nobody has looked yet, and who silenced one until when", async () => {
    const silenced = await haqei("silence", "cache_hit_rate", "--for", "2h", "--reason", "a release today");
    expect(silenced.exit).toBe(0);
    const { exit, output } = await haqei("list");
    const { alerts, lookedAt, silences } = Output.parse(output);
    expect(exit).toBe(0);
    expect(alerts.map(({ name }) => name)).toEqual(ALERT_RULES.map(({ name }) => name));
    expect(alerts.every(({ state, missing }) => state === "inactive" && missing)).toBe(true);
    expect(lookedAt).toBe(0);
    expect(silences).toMatchObject([{ rule: "cache_hit_rate", reason: "a release today" }]);
    expect(alerts.find(({ name }) => name === "cache_hit_rate")?.silencedUntil).toBe(silences[0]?.until);
  });

  it.each([
    ["a rule that is not there", ["silence", "no_rule", "--reason", "x"]],
    ["a length of time that is none", ["silence", "error_rate", "--for", "soon", "--reason", "x"]],
    ["no reason", ["silence", "error_rate"]],
  ])("silence refuses %s", async (_, args) => {
    expect((await haqei(...args)).exit).toBe(2);
  });
});
