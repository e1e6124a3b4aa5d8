import { type Client, type ClientOptions, createClient, newId } from "./client.ts";

export { type Client, EdgeError, type Reaction } from "./client.ts";

const KEY = "haqei-client";

/** An id of this browser for this site alone: made at the first need, kept where keeping is allowed. */
function ownId(): string {
  const made = newId();
  try {
    const known = localStorage.getItem(KEY) ?? made;
    localStorage.setItem(KEY, known);
    return known;
  } catch {
    return made;
  }
}

/** A client for a page: known by an id of its own where no user's is given, and nothing is lost when the page goes away. */
export function createBrowserClient({ userId = ownId(), ...options }: Partial<ClientOptions> = {}): Client {
  const client = createClient({
    userId,
    beacon: (url, body) => navigator.sendBeacon(url, new Blob([body], { type: "application/json" })),
    ...options,
  });
  addEventListener("pagehide", client.leave);
  document.addEventListener("visibilitychange", () => {
    if (document.visibilityState === "hidden") client.leave();
  });
  return client;
}
