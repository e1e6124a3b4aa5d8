import { createServer, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import type { Client } from "@temporalio/client";
import type { Incident } from "#contracts/incident.ts";
import type { Endpoints } from "#local/home.ts";
import { bindAddress, freePort, portOf } from "#local/ports.ts";
import { DAGS } from "#workflows/kinds.ts";
import { dagPicture } from "./dag-picture.ts";
import { incidentPage, incidentsPage } from "./incident-pages.ts";
import { readRollout } from "./rollout.ts";
import { listPage, rolloutPage, runPage } from "./run-pages.ts";
import { listRuns, liveStages, reportRun } from "./runs.ts";

/** What a path answers, beside what this file knows. */
export interface Page {
  type: string;
  body: () => Promise<string>;
}

/**
 * The pages that draw what the Temporal UI cannot: the runs, each run's stages as a picture, and the reports of incidents. Bound to this machine; keeps the
 * port of an earlier start where it is free, so that links in the Temporal UI stay good.
 */
export async function servePages(
  client: Client,
  endpoints: Endpoints,
  incidents: () => Promise<Incident[]>,
  more: Readonly<Record<string, Page>> = {},
): Promise<{ url: string; stop: () => Promise<void> }> {
  const server = createServer((request, response) => {
    answer(new URL(request.url ?? "/", "http://localhost").pathname, response).catch((error: unknown) => {
      send(response, 500, "text/plain", error instanceof Error ? error.message : String(error));
    });
  });

  async function answer(path: string, response: ServerResponse): Promise<void> {
    if (path === "/healthz") return send(response, 200, "text/plain", "ok");
    if (path === "/") {
      const [runs, rollout] = await Promise.all([listRuns(client, endpoints), readRollout(client)]);
      return send(response, 200, "text/html", listPage(runs, rollout));
    }
    if (path === "/rollout") {
      const rollout = await readRollout(client);
      if (rollout) return send(response, 200, "text/html", rolloutPage(rollout));
    }
    const page = more[path];
    if (page) return send(response, 200, page.type, await page.body());
    const [, place, id, picture] = path.split("/");
    if (place === "runs" && id !== undefined && (picture === undefined || picture === "dag.svg")) {
      const report = await reportRun(client, endpoints, decodeURIComponent(id));
      if (report && picture)
        return send(response, 200, "image/svg+xml", dagPicture(DAGS[report.kind], liveStages(report)));
      if (report) return send(response, 200, "text/html", runPage(report));
    }
    if (place === "incidents") {
      const known = await incidents();
      const found = known.find((one) => one.id === decodeURIComponent(id ?? ""));
      if (id === undefined) return send(response, 200, "text/html", incidentsPage(known));
      if (found) return send(response, 200, "text/html", incidentPage(found));
    }
    send(response, 404, "text/plain", "There is no such page.");
  }

  const port = await freePort(portOf(endpoints.metrics?.url));
  await new Promise<void>((resolve, reject) => server.once("error", reject).listen(port, bindAddress(), resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

function send(response: ServerResponse, status: number, type: string, body: string): void {
  response.writeHead(status, {
    "content-type": `${type}; charset=utf-8`,
    "cache-control": "no-store",
    "content-security-policy": "default-src 'none'; style-src 'unsafe-inline'; img-src data:",
  });
  response.end(body);
}
