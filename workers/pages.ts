import { createServer, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import type { Client } from "@temporalio/client";
import type { RunReport } from "#contracts/run.ts";
import type { Endpoints } from "#local/home.ts";
import { freePort, portOf } from "#local/ports.ts";
import { dailyDag } from "#workflows/daily-batch.ts";
import { dagPicture } from "./dag-picture.ts";
import { listRuns, reportRun } from "./runs.ts";

/**
 * The pages that draw what the Temporal UI cannot: the runs, and each run's stages as a picture. Bound to this machine; keeps the
 * port of an earlier start where it is free, so that links in the Temporal UI stay good.
 */
export async function servePages(client: Client, endpoints: Endpoints): Promise<{ url: string; stop: () => Promise<void> }> {
  const server = createServer((request, response) => {
    answer(new URL(request.url ?? "/", "http://localhost").pathname, response).catch((error: unknown) => {
      send(response, 500, "text/plain", error instanceof Error ? error.message : String(error));
    });
  });

  async function answer(path: string, response: ServerResponse): Promise<void> {
    if (path === "/healthz") return send(response, 200, "text/plain", "ok");
    if (path === "/") return send(response, 200, "text/html", listPage(await listRuns(client, endpoints)));
    const [, place, id, picture] = path.split("/");
    if (place === "runs" && id !== undefined && (picture === undefined || picture === "dag.svg")) {
      const report = await reportRun(client, endpoints, decodeURIComponent(id));
      if (report && picture) return send(response, 200, "image/svg+xml", dagPicture(dailyDag, report.stages));
      if (report) return send(response, 200, "text/html", runPage(report));
    }
    send(response, 404, "text/plain", "There is no such page.");
  }

  const port = await freePort(portOf(endpoints.metrics?.url));
  await new Promise<void>((resolve, reject) => server.once("error", reject).listen(port, "127.0.0.1", resolve));
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
    "content-security-policy": "default-src 'none'; style-src 'unsafe-inline'; img-src 'self'",
  });
  response.end(body);
}

const escape = (text: string): string => text.replace(/[&<>"]/g, (c) => `&#${c.charCodeAt(0)};`);

const page = (title: string, body: string, refresh: boolean): string => `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>${escape(title)}</title>${refresh ? '<meta http-equiv="refresh" content="3">' : ""}
<style>
body { font: 15px/1.5 system-ui, sans-serif; color: #2b2820; background: #faf8f3; margin: 2rem auto; max-width: 86rem; padding: 0 1rem }
table { border-collapse: collapse } td, th { text-align: left; padding: .3rem .9rem .3rem 0; border-bottom: 1px solid #ddd7c8; vertical-align: top }
.picture { overflow-x: auto; background: #fff; border: 1px solid #ddd7c8; border-radius: 8px; margin: 1rem 0 } code { font-size: 13px }
</style></head><body><h1>${escape(title)}</h1>${body}</body></html>`;

function listPage(runs: RunReport[]): string {
  const rows = runs.map(
    ({ workflowId, status, verdict, model, url }) =>
      `<tr><td><a href="/runs/${encodeURIComponent(workflowId)}">${escape(workflowId)}</a></td><td>${status}</td><td>${escape(verdict ? `${verdict.action}: ${verdict.reason}` : "")}</td><td><code>${model?.sha256.slice(0, 12) ?? ""}</code></td><td>${url ? `<a href="${escape(url)}">Temporal</a>` : ""}</td></tr>`,
  );
  return page("HAQEI runs", `<table><tr><th>run</th><th>status</th><th>verdict</th><th>model</th><th></th></tr>${rows.join("")}</table>`, true);
}

function runPage(report: RunReport): string {
  const rows = report.stages.map(
    ({ name, status, seconds, attempt, summary, error, output }) =>
      `<tr><td>${escape(name)}</td><td>${status}</td><td>${seconds > 0 ? seconds.toFixed(1) : ""}</td><td>${attempt || ""}</td><td>${escape(error ?? summary ?? "")}</td><td><code>${output?.sha256.slice(0, 12) ?? ""}</code></td></tr>`,
  );
  const verdict = report.verdict
    ? `<p>Verdict: <b>${report.verdict.action}</b>, ${escape(report.verdict.reason)}. ${escape(
        Object.entries(report.verdict.evidence)
          .map(([name, value]) => `${name} ${typeof value === "number" ? Number(value.toFixed(4)) : value}`)
          .join(", "),
      )}</p>`
    : "";
  return page(
    report.workflowId,
    `<p>${report.status}${report.partial ? ", of a day that was not over" : ""}. ${report.url ? `<a href="${escape(report.url)}">In the Temporal UI</a>` : ""} <a href="/">All runs</a></p>
<div class="picture">${dagPicture(dailyDag, report.stages)}</div>${verdict}
<table><tr><th>stage</th><th>state</th><th>seconds</th><th>attempt</th><th>result</th><th>output</th></tr>${rows.join("")}</table>${report.error ? `<p>${escape(report.error)}</p>` : ""}`,
    report.status === "running",
  );
}
