import { z } from "zod";
import type { Notification } from "#contracts/notification.ts";
import type { Channel } from "./channel.ts";
import { post } from "./post.ts";
import { linesOf, titleOf } from "./text.ts";

/** Issues of ours carry it, so that they can be listed without a search, which lags behind. */
const LABEL = "haqei-alert";
const Issue = z.object({ number: z.number().int(), body: z.string().nullable(), html_url: z.string() });
/** No more open alerts than this are looked through. */
const PAGE = 100;

const markOf = (key: string): string => `<!-- haqei:${key.replaceAll("-->", "")} -->`;

function issueOf(notification: Notification): { title: string; body: string; labels: string[] } {
  return {
    title: titleOf(notification),
    body: [...linesOf(notification).map((line) => line.trim()), "", markOf(notification.key)].join("\n"),
    labels: [LABEL, notification.level],
  };
}

/**
 * One issue an alert group or incident: opened once, commented when there is news, closed when it is over. The open issue is found by a
 * mark in its body, so that sending twice opens one.
 */
export function github(name: string, url: string, repository: string, token: string): Channel {
  const at = `${url}/repos/${repository}/issues`;
  const headers = {
    authorization: `Bearer ${token}`,
    accept: "application/vnd.github+json",
    "x-github-api-version": "2022-11-28",
    "user-agent": "haqei",
  };
  const open = async (key: string, signal: AbortSignal | undefined) => {
    const listed = await post(name, `${at}?labels=${LABEL}&state=open&per_page=${PAGE}`, {
      method: "GET",
      headers,
      signal,
    });
    return z
      .array(Issue)
      .parse(JSON.parse(listed))
      .find(({ body }) => body?.includes(markOf(key)));
  };
  return {
    name,
    async send(notification, signal) {
      const issue = await open(notification.key, signal);
      if (issue === undefined) {
        // Nothing to close: it was closed by a person, or by this message sent before.
        if (notification.status === "resolved") return undefined;
        const made = await post(name, at, { headers, body: issueOf(notification), signal });
        return Issue.parse(JSON.parse(made)).html_url;
      }
      if (notification.status === "resolved") {
        const closed = { state: "closed", state_reason: "completed" };
        await post(name, `${at}/${issue.number}`, { method: "PATCH", headers, body: closed, signal });
      } else {
        await post(name, `${at}/${issue.number}`, { method: "PATCH", headers, body: issueOf(notification), signal });
      }
      return issue.html_url;
    },
  };
}
