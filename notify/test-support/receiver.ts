import { createServer } from "node:http";
import type { AddressInfo } from "node:net";

export interface Received {
  method: string;
  path: string;
  headers: Record<string, string>;
  body: unknown;
}

export interface Receiver {
  url: string;
  received: Received[];
  /** What it answers from now on; by default 200 and an empty object. */
  answer(with_: (request: Received) => { status: number; body?: unknown; headers?: Record<string, string> }): void;
  close(): Promise<void>;
}

/** A real HTTP server on this machine that stands for somebody else's service, and records. */
export async function startReceiver(): Promise<Receiver> {
  const received: Received[] = [];
  let answer: (request: Received) => { status: number; body?: unknown; headers?: Record<string, string> } = () => ({
    status: 200,
    body: {},
  });
  const server = createServer((request, response) => {
    const parts: Buffer[] = [];
    request.on("data", (part: Buffer) => parts.push(part));
    request.on("end", () => {
      const text = Buffer.concat(parts).toString("utf8");
      const one: Received = {
        method: request.method ?? "",
        path: request.url ?? "",
        headers: request.headers as Record<string, string>,
        body: text === "" ? undefined : JSON.parse(text),
      };
      received.push(one);
      const { status, body, headers } = answer(one);
      response.writeHead(status, { "content-type": "application/json", ...headers });
      response.end(body === undefined ? "" : JSON.stringify(body));
    });
  });
  await new Promise<void>((ready) => server.listen(0, "127.0.0.1", ready));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    received,
    answer: (with_) => {
      answer = with_;
    },
    close: () =>
      new Promise((closed) => {
        server.close(() => closed());
        server.closeAllConnections();
      }),
  };
}
