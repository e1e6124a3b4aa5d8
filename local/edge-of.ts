import { existsSync, readFileSync } from "node:fs";
import { createEdgeClient, type EdgeClient } from "#stores/edge.ts";
import { type Home, readEndpoints } from "./home.ts";

/** The edge of a home that was started; undefined where nothing was. */
export function edgeOf(home: Home): EdgeClient | undefined {
  if (!existsSync(home.endpointsFile)) return undefined;
  const { edge, adminSecretFile } = readEndpoints(home);
  return createEdgeClient({ ...edge, adminSecret: readFileSync(adminSecretFile, "utf8").trim() });
}
