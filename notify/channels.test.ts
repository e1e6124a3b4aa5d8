import { createHmac } from "node:crypto";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { z } from "zod";
import { NotificationRefusedError, NotReachableError } from "#contracts/errors.ts";
import { ChannelConfig, Notification } from "#contracts/notification.ts";
import { channelOf } from "./channels.ts";
import { startMailServer } from "./test-support/mail.ts";
import { type Receiver, startReceiver } from "./test-support/receiver.ts";
import { GithubIssue, PagerDutyEvent, SlackBody } from "./test-support/schemas.ts";

const notification = Notification.parse({
  id: "critical@1",
  key: "critical",
  level: "critical",
  status: "firing",
  title: "error_rate",
  done: ["the release was rolled back"],
  alerts: [
    {
      name: "error_rate",
      summary: "More than 5% of requests failed <b>&</b>.",
      firedAt: Date.parse("2026-11-03T02:00:00Z"),
      resolvedAt: null,
      value: 0.0712345,
      runbook: "https://example.org/OPERATIONS.md#error_rate",
    },
  ],
  at: Date.parse("2026-11-03T02:00:30Z"),
});
const resolved: Notification = { ...notification, id: "critical@2", status: "resolved" };

let receiver: Receiver;
beforeEach(async () => {
  receiver = await startReceiver();
});
afterEach(() => receiver.close());

const channel = (config: object, environment: Record<string, string> = {}) =>
  channelOf(ChannelConfig.parse(config), environment);
const bodies = () => receiver.received.map(({ body }) => body);

describe("Slack", () => {
  it("gets what its schema allows, with its markup escaped", async () => {
    const slack = channel({ kind: "slack" }, { HAQEI_SLACK_URL: `${receiver.url}/services/T/B/x` });
    await slack.send(notification);
    const long = "x".repeat(10_000);
    await slack.send({ ...notification, alerts: notification.alerts.map((alert) => ({ ...alert, summary: long })) });
    const [first] = z.array(SlackBody).parse(bodies());
    expect(first?.attachments[0]?.blocks[0]?.text.text).toContain("&lt;b&gt;&amp;&lt;/b&gt;");
  });
});

describe("PagerDuty", () => {
  it("gets a trigger and a resolve of one key, whose answer is kept", async () => {
    receiver.answer(({ body }) => ({
      status: 202,
      body: { status: "success", message: "Event processed", dedup_key: PagerDutyEvent.parse(body).dedup_key },
    }));
    const config = { kind: "pagerduty", url: `${receiver.url}/v2/enqueue` };
    const pager = channel(config, { HAQEI_PAGERDUTY_KEY: "k".repeat(32) });
    expect(await pager.send(notification)).toBe("critical");
    expect(await pager.send(resolved)).toBe("critical");
    expect(
      z
        .array(PagerDutyEvent)
        .parse(bodies())
        .map(({ event_action }) => event_action),
    ).toEqual(["trigger", "resolve"]);
  });
});

describe("GitHub", () => {
  it("opens one issue however often it is told, and closes it when it is over", async () => {
    const issues: { number: number; body: string; html_url: string; state: string; labels: string[] }[] = [];
    receiver.answer(({ method, path, body, headers }) => {
      expect(headers.authorization).toBe("Bearer t");
      if (method === "GET") return { status: 200, body: issues.filter(({ state }) => state === "open") };
      if (method === "POST") {
        const made = GithubIssue.parse(body);
        issues.push({ number: 7, state: "open", html_url: "https://example.org/7", ...made });
        return { status: 201, body: issues.at(-1) };
      }
      expect(path).toBe("/repos/us/haqei/issues/7");
      Object.assign(issues[0] as object, body);
      return { status: 200, body: issues[0] };
    });
    const github = channel({ kind: "github", repository: "us/haqei", url: receiver.url }, { HAQEI_GITHUB_TOKEN: "t" });
    expect(await github.send(notification)).toBe("https://example.org/7");
    await github.send(notification);
    expect(issues).toHaveLength(1);
    await github.send(resolved);
    expect(issues[0]?.state).toBe("closed");
    expect(await github.send(resolved)).toBeUndefined();
    expect(issues).toHaveLength(1);
  });
});

describe("a webhook", () => {
  it("gets the notification, signed, with its id", async () => {
    const hook = channel(
      { kind: "webhook", secretVariable: "HAQEI_HOOK_SECRET" },
      { HAQEI_WEBHOOK_URL: receiver.url, HAQEI_HOOK_SECRET: "s" },
    );
    await hook.send(notification);
    const [{ headers, body } = { headers: {} as Record<string, string>, body: null }] = receiver.received;
    expect(Notification.parse(body)).toEqual(notification);
    expect(headers["idempotency-key"]).toBe("critical@1");
    const expected = createHmac("sha256", "s").update(JSON.stringify(notification)).digest("hex");
    expect(headers["x-haqei-signature"]).toBe(`sha256=${expected}`);
  });
});

describe("e-mail", () => {
  it("is delivered to a real SMTP server, the same message under the same id", async () => {
    const server = await startMailServer();
    const { mails } = server;
    const HAQEI_SMTP_URL = server.url;
    const mail = (to: string) => channel({ kind: "email", from: "haqei@example.org", to: [to] }, { HAQEI_SMTP_URL });
    try {
      await mail("oncall@example.org").send(notification);
      await mail("oncall@example.org").send(notification);
      const ids = mails.map((text) => /^Message-ID: (.*)$/im.exec(text)?.[1]);
      expect(ids[0]).toMatch(/^<[0-9a-f]{32}@example\.org>$/);
      expect(ids[1]).toBe(ids[0]);
      expect(mails[0]).toMatch(/^Subject: Critical: error_rate$/m);
      await expect(mail("nobody@example.org").send(notification)).rejects.toThrow(NotificationRefusedError);
    } finally {
      await server.close();
    }
    await expect(mail("oncall@example.org").send(notification)).rejects.toThrow(NotReachableError);
  });
});

describe("a receiver that fails", () => {
  const hook = () => channel({ kind: "webhook" }, { HAQEI_WEBHOOK_URL: receiver.url });

  it.each([408, 429, 500, 503])("with %i is worth trying again", async (status) => {
    receiver.answer(() => ({ status }));
    await expect(hook().send(notification)).rejects.toThrow(NotReachableError);
  });

  it.each([400, 401, 404])("with %i is not", async (status) => {
    receiver.answer(() => ({ status }));
    await expect(hook().send(notification)).rejects.toThrow(NotificationRefusedError);
  });

  it("by leading elsewhere is not followed", async () => {
    receiver.answer(() => ({ status: 302, headers: { location: `${receiver.url}/elsewhere` } }));
    await expect(hook().send(notification)).rejects.toThrow(NotificationRefusedError);
    expect(receiver.received).toHaveLength(1);
  });

  it("by being gone is worth trying again", async () => {
    const gone = hook();
    await receiver.close();
    await expect(gone.send(notification)).rejects.toThrow(NotReachableError);
    receiver = await startReceiver();
  });
});

describe("addresses", () => {
  it.each([
    "http://example.org/hook",
    "http://169.254.169.254/latest/meta-data",
    "https://169.254.169.254/latest/meta-data",
    "https://10.0.0.7/hook",
    "https://192.168.1.1/",
    "https://172.20.0.2/",
    "https://[fd00::1]/",
    "https://[::ffff:10.0.0.1]/",
    "https://2852039166/",
    "https://0.0.0.0/",
    "ftp://example.org/",
    "file:///etc/passwd",
    "https://user:password@example.org/",
    "no address",
  ])("%s is refused", (address) => {
    expect(() => channel({ kind: "webhook" }, { HAQEI_WEBHOOK_URL: address })).toThrow(/webhook/);
  });

  it("of the open internet are taken over https", () => {
    expect(channel({ kind: "webhook" }, { HAQEI_WEBHOOK_URL: "https://hooks.example.org/a" }).name).toBe("webhook");
  });

  it("that are not set are named", () => {
    expect(() => channel({ kind: "slack" })).toThrow(/HAQEI_SLACK_URL is not set/);
  });
});
