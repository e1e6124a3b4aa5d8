import { createServer, connect as dial, type Socket } from "node:net";
import { Transform } from "node:stream";
import { pipeline } from "node:stream/promises";
import { setTimeout as sleep } from "node:timers/promises";

/** A stretch of network between two processes of this machine that can be made slow, silent or broken, and well again. */
export interface Link {
  /** Where it is entered, on 127.0.0.1. */
  port: number;
  /** Lets everything through at once, also what was held. */
  pass(): void;
  /** Delays each piece of data by this many ms, in both directions. */
  slow(ms: number): void;
  /** Lets nothing through: connections stand and are silent, as where a cable was drawn. What is sent meanwhile comes later. */
  hold(): void;
  close(): Promise<void>;
}

/** Opens a link to a port of this machine. */
export async function openLink(target: number): Promise<Link> {
  let delay = 0;
  let opened = Promise.resolve();
  let open = (): void => undefined;
  const sockets = new Set<Socket>();

  const stretch = (): Transform =>
    new Transform({
      async transform(chunk, _encoding, done) {
        await opened;
        if (delay > 0) await sleep(delay);
        done(null, chunk);
      },
    });
  const server = createServer((near) => {
    const far = dial(target, "127.0.0.1");
    for (const socket of [near, far]) {
      socket.setNoDelay(true);
      sockets.add(socket);
      socket.once("close", () => sockets.delete(socket));
    }
    // An end that breaks takes the other with it, as it would without us between them.
    const broken = (): void => {
      near.destroy();
      far.destroy();
    };
    pipeline(near, stretch(), far).catch(broken);
    pipeline(far, stretch(), near).catch(broken);
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(0, "127.0.0.1", resolve);
  });
  const address = server.address();
  const port = typeof address === "object" && address !== null ? address.port : 0;

  const pass = (): void => {
    delay = 0;
    open();
    opened = Promise.resolve();
  };
  return {
    port,
    pass,
    slow(ms) {
      pass();
      delay = ms;
    },
    hold() {
      pass();
      opened = new Promise((resolve) => {
        open = resolve;
      });
    },
    async close() {
      pass();
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      for (const socket of sockets) socket.destroy();
      await closed;
    },
  };
}
