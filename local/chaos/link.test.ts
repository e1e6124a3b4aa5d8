import { once } from "node:events";
import { createServer, connect as dial, type Server, type Socket } from "node:net";
import { afterEach, beforeEach, expect, it } from "vitest";
import { type Link, openLink } from "./link.ts";

let echo: Server;
let link: Link;
let socket: Socket;
beforeEach(async () => {
  echo = createServer((one) => one.on("error", () => one.destroy()).pipe(one));
  await once(echo.listen(0, "127.0.0.1"), "listening");
  link = await openLink((echo.address() as { port: number }).port);
  socket = dial(link.port, "127.0.0.1");
  await once(socket, "connect");
});
afterEach(async () => {
  socket.destroy();
  await link.close();
  echo.close();
});

const heard = async (): Promise<string> => String((await once(socket, "data"))[0]);

it("lets bytes through both ways", async () => {
  socket.write("hello");
  expect(await heard()).toBe("hello");
});

it("holds what is sent, loses nothing of it, and lets it through later", async () => {
  link.hold();
  socket.write("held");
  const first = await Promise.race([heard(), new Promise((resolve) => setTimeout(resolve, 100, "silence"))]);
  expect(first).toBe("silence");
  link.pass();
  socket.write(" and more");
  let all = "held";
  // The first listener took what came first.
  while (!all.endsWith("more")) all += await heard();
  expect(all).toContain(" and more");
});

it("delays each way", async () => {
  link.slow(40);
  const begun = performance.now();
  socket.write("slow");
  await heard();
  expect(performance.now() - begun).toBeGreaterThan(75);
});

it("breaks where the other end is gone", async () => {
  socket.write("once");
  await heard();
  await link.close();
  if (!socket.closed) await once(socket, "close");
  expect(socket.destroyed).toBe(true);
});
