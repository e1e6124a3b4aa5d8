import { request as requestPlain } from "node:http";
import { request } from "node:https";
import { NotificationRefusedError, NotReachableError } from "#contracts/errors.ts";
import { isThisMachine } from "./address.ts";
import { publicLookup } from "./private-network.ts";

const PATIENCE_MS = 10_000;
/** Of an answer no more is read. */
const MOST_BYTES = 65_536;

export interface Posted {
  method?: "GET" | "POST" | "PATCH";
  headers?: Record<string, string>;
  body?: unknown;
  signal?: AbortSignal | undefined;
}

/**
 * One JSON request to a receiver, without following redirects: an address that was allowed must not lead to one that is not, nor its name to
 * the private network.
 * @throws NotReachableError on 408, 429, 5xx or no answer; NotificationRefusedError on any other refusal.
 */
export async function post(receiver: string, url: string, posted: Posted): Promise<string> {
  let answer: { status: number; text: string };
  try {
    answer = await send(new URL(url), posted);
  } catch (error) {
    throw new NotReachableError(
      `${receiver} did not answer: ${(error as Error).message}`,
      "It is tried again; check its address and this machine's network.",
      { cause: error },
    );
  }
  const { status, text } = answer;
  if (status >= 200 && status < 300) return text;
  const said = `${receiver} answered ${status}: ${text.slice(0, 200)}`;
  if (status === 408 || status === 429 || status >= 500)
    throw new NotReachableError(said, "It is tried again with growing pauses.");
  throw new NotificationRefusedError(said, "Check the channel's address, key and settings: `npx haqei alerts test`.");
}

/** `fetch` takes no look at what a name resolves to, so the request is made by the platform's own client. */
function send(
  url: URL,
  { method = "POST", headers = {}, body, signal }: Posted,
): Promise<{ status: number; text: string }> {
  const patience = AbortSignal.timeout(PATIENCE_MS);
  return new Promise((resolve, reject) => {
    const make = url.protocol === "http:" ? requestPlain : request;
    const asked = make(
      url,
      {
        method,
        headers: { "content-type": "application/json", "user-agent": "haqei", ...headers },
        signal: signal ? AbortSignal.any([patience, signal]) : patience,
        ...(isThisMachine(url.hostname) ? {} : { lookup: publicLookup() }),
      },
      (answer) => {
        let text = "";
        answer.setEncoding("utf8");
        answer.on("data", (part: string) => {
          if (text.length < MOST_BYTES) text += part;
        });
        answer.on("error", reject);
        answer.on("end", () => resolve({ status: answer.statusCode ?? 0, text: text.slice(0, MOST_BYTES) }));
      },
    );
    asked.on("error", reject);
    asked.end(body === undefined ? undefined : typeof body === "string" ? body : JSON.stringify(body));
  });
}
