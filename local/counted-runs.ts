import type { RunReport } from "#contracts/run.ts";
import { withActions } from "#workers/actions.ts";
import { connectClient } from "#workers/client.ts";
import { listRuns } from "#workers/runs.ts";
import { type Home, readEndpoints } from "./home.ts";

/**
 * The runs of these logical dates, both included, oldest first, with the actions that they took.
 *
 * @throws NotReachableError where Temporal does not answer
 */
export async function countedRuns(home: Home, from: string, to: string): Promise<RunReport[]> {
  const endpoints = readEndpoints(home);
  const client = await connectClient(endpoints);
  try {
    const runs = (await listRuns(client, endpoints)).filter(({ date }) => date >= from && date <= to);
    return await Promise.all(runs.toReversed().map((run) => withActions(client, run)));
  } finally {
    await client.connection.close();
  }
}
