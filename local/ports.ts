import { createServer } from "node:net";

/** Where servers of ours listen: this machine alone, or where `HAQEI_BIND` says (all of a container's: `0.0.0.0`). */
export const bindAddress = (env: NodeJS.ProcessEnv = process.env): string => env["HAQEI_BIND"] || "127.0.0.1";

/** True where nothing listens on this port here. */
export const isFree = (port: number): Promise<boolean> => listen(port).then((got) => got === port);

/** `wanted` where it is free (so that links seen earlier stay valid), else one that the system picks. */
export async function freePort(wanted?: number): Promise<number> {
  if (wanted !== undefined && (await isFree(wanted))) return wanted;
  const port = await listen(0);
  if (port === undefined) throw new Error("The system gave no free port.");
  return port;
}

/** Opens and closes the port: its number, or undefined where it could not be had. */
function listen(port: number): Promise<number | undefined> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once("error", () => resolve(undefined));
    server.listen(port, bindAddress(), () => {
      const address = server.address();
      server.close(() => resolve(typeof address === "object" && address !== null ? address.port : undefined));
    });
  });
}

/** The port of an address (`host:port`) or URL; undefined where it names none. */
export function portOf(address: string | undefined): number | undefined {
  const port = Number(/:(\d{1,5})(?:\/|$)/.exec(address ?? "")?.[1]);
  return Number.isInteger(port) && port > 0 && port < 65_536 ? port : undefined;
}
