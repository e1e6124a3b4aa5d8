import { NotificationRefusedError, NotReachableError } from "#contracts/errors.ts";

const PATIENCE_MS = 10_000;

export interface Posted {
  method?: "GET" | "POST" | "PATCH";
  headers?: Record<string, string>;
  body?: unknown;
  signal?: AbortSignal | undefined;
}

/**
 * One JSON request to a receiver, without following redirects: an address that was allowed must not lead to one that is not.
 * @throws NotReachableError on 408, 429, 5xx or no answer; NotificationRefusedError on any other refusal.
 */
export async function post(receiver: string, url: string, { method = "POST", headers = {}, body, signal }: Posted) {
  const patience = AbortSignal.timeout(PATIENCE_MS);
  let answer: Response;
  try {
    answer = await fetch(url, {
      method,
      redirect: "manual",
      headers: { "content-type": "application/json", ...headers },
      ...(body === undefined ? {} : { body: typeof body === "string" ? body : JSON.stringify(body) }),
      signal: signal ? AbortSignal.any([patience, signal]) : patience,
    });
  } catch (error) {
    throw new NotReachableError(
      `${receiver} did not answer: ${(error as Error).message}`,
      "It is tried again; check its address and this machine's network.",
      { cause: error },
    );
  }
  const text = (await answer.text()).slice(0, 65_536);
  if (answer.ok) return text;
  const said = `${receiver} answered ${answer.status}: ${text.slice(0, 200)}`;
  if (answer.status === 408 || answer.status === 429 || answer.status >= 500)
    throw new NotReachableError(said, "It is tried again with growing pauses.");
  throw new NotificationRefusedError(said, "Check the channel's address, key and settings: `npx haqei alerts test`.");
}
