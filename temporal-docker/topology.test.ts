import { spawnSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import { z } from "zod";
import { Endpoints } from "#local/home.ts";
import { WORKERS } from "#local/start.ts";
import { METRICS } from "#policy/metrics.ts";
import { generated } from "./generate.ts";

const here = fileURLToPath(new URL(".", import.meta.url));
const read = (name: string): string => readFileSync(`${here}${name}`, "utf8");

const Service = z.looseObject({
  image: z.string(),
  read_only: z.boolean(),
  user: z.string(),
  cap_drop: z.array(z.string()),
  security_opt: z.array(z.string()),
  restart: z.string(),
  networks: z.array(z.string()),
  volumes: z.array(z.string()).default([]),
  ports: z.array(z.string()).default([]),
  secrets: z.array(z.string()).default([]),
  environment: z.record(z.string(), z.string()).default({}),
  healthcheck: z.looseObject({ test: z.array(z.string()) }).optional(),
  stop_grace_period: z.string().optional(),
  depends_on: z.record(z.string(), z.object({ condition: z.string() })).default({}),
  deploy: z.object({ resources: z.object({ limits: z.object({ cpus: z.string(), memory: z.string() }) }) }),
});
const Compose = z.looseObject({
  services: z.record(z.string(), Service),
  networks: z.record(z.string(), z.unknown()),
  volumes: z.record(z.string(), z.unknown()),
  secrets: z.record(z.string(), z.object({ file: z.string() })),
});
const compose = Compose.parse(parse(read("compose.yaml"), { merge: true }));
const services = Object.entries(compose.services);
/** Services that end once they are done. */
const ENDING = ["temporal-schema", "temporal-setup", "temporal-version"];
/** Those whose images write their config into themselves. */
const WRITING = ["temporal", "temporal-ui"];

describe("the topology in containers", () => {
  it.each(services)("%s is pinned, confined and bounded", (name, service) => {
    expect(service.image).toMatch(/:(\$\{HAQEI_BUILD:-local\}|v?\d+\.\d+(\.\d+)?[\w.-]*)$/);
    expect(service.user).toMatch(/^[1-9]\d*:[1-9]\d*$/);
    expect(service.cap_drop).toEqual(["ALL"]);
    expect(service.security_opt).toContain("no-new-privileges:true");
    expect(service.read_only).toBe(!WRITING.includes(name));
    if (!ENDING.includes(name)) expect(service.healthcheck?.test.length).toBeGreaterThan(1);
    for (const port of service.ports) expect(port).toMatch(/^127\.0\.0\.1:/);
  });

  it("names only networks, volumes, secrets and services that are declared, and uses all of them", () => {
    const used = { networks: new Set<string>(), volumes: new Set<string>(), secrets: new Set<string>() };
    for (const [, service] of services) {
      for (const network of service.networks) used.networks.add(network);
      for (const secret of service.secrets) used.secrets.add(secret);
      for (const volume of service.volumes) {
        const [source = ""] = volume.split(":");
        if (source.startsWith("./")) expect(() => readdirOrRead(source)).not.toThrow();
        else used.volumes.add(source);
      }
      for (const needed of Object.keys(service.depends_on)) expect(compose.services[needed]).toBeDefined();
    }
    expect([...used.networks].sort()).toEqual(Object.keys(compose.networks).sort());
    expect([...used.volumes].sort()).toEqual(Object.keys(compose.volumes).sort());
    expect([...used.secrets].sort()).toEqual(Object.keys(compose.secrets).sort());
  });

  it("holds no secret in plain sight", () => {
    for (const [, { environment }] of services)
      for (const [name, value] of Object.entries(environment))
        if (/PASSWORD|SECRET|TOKEN|_PWD|ACCESS_KEY/.test(name)) expect(value).toMatch(/^\/run\/secrets\//);
    expect(read(".gitignore").split("\n")).toEqual(expect.arrayContaining(["secrets/", "tls/out/"]));
  });

  it("gives workers longer to stop than they take", () => {
    const graceOf = (name: string) => Number.parseInt(compose.services[name]?.stop_grace_period ?? "10", 10);
    // shutdownForceTime of workers/process.ts.
    const force = Number(/shutdownForceTime: "(\d+)s"/.exec(readFileSync(`${here}../workers/process.ts`, "utf8"))?.[1]);
    expect(force).toBeGreaterThan(0);
    for (const name of WORKERS) expect(graceOf(name)).toBeGreaterThan(force);
  });

  it("lets nobody but Temporal near its database, nor anybody but workers near the store", () => {
    const on = (network: string) =>
      services.flatMap(([name, { networks }]) => (networks.includes(network) ? [name] : []));
    expect(compose.services.postgres?.networks).toEqual(["temporal"]);
    expect(on("store").sort()).toEqual([...WORKERS, "store"].sort());
    expect(on("edge")).not.toContain("postgres");
  });

  it("copies every folder that the workers import", () => {
    const copied = [...read("Dockerfile").matchAll(/^COPY (\w+) \w+$/gm)].map(([, folder]) => folder);
    const imports = Object.keys(
      z
        .object({ imports: z.record(z.string(), z.string()) })
        .parse(JSON.parse(readFileSync(`${here}../package.json`, "utf8"))).imports,
    ).map((name) => name.slice(1, -2));
    expect(copied.sort()).toEqual(imports.sort());
  });

  it("hands workers addresses that they understand", () => {
    for (const file of ["endpoints.json", "endpoints.tls.json"]) {
      const { temporal, edge } = Endpoints.parse(JSON.parse(read(file)));
      expect(compose.services[temporal.address.split(":")[0] as string]).toBeDefined();
      expect(compose.services[new URL(edge.url).hostname]).toBeDefined();
    }
  });

  it("changes nothing but services that exist, for TLS", () => {
    const tls = z.looseObject({ services: z.record(z.string(), z.unknown()) }).parse(parse(read("compose.tls.yaml")));
    for (const name of Object.keys(tls.services)) expect(compose.services[name]).toBeDefined();
  });

  it("is taken by docker compose, where it is installed", (context) => {
    if (spawnSync("docker", ["compose", "version"]).status !== 0)
      return context.skip("docker compose is not installed");
    const { status, stderr } = spawnSync("docker", ["compose", "-f", `${here}compose.yaml`, "config", "--quiet"]);
    expect(stderr.toString()).toBe("");
    expect(status).toBe(0);
  });
});

describe("who watches", () => {
  it.each([
    ["promtool", ["check", "config", `${here}prometheus/prometheus.yaml`]],
    ["promtool", ["test", "rules", `${here}prometheus/rules.test.yaml`]],
    ["amtool", ["check-config", `${here}alertmanager/alertmanager.yaml`]],
  ])("%s takes its config, where it is installed", (program, args) => {
    const { error, status, stdout, stderr } = spawnSync(program, args, { encoding: "utf8" });
    if (error) return console.warn(`skipped: ${program} is not installed`);
    expect(`${stdout}${stderr}`).toMatch(/SUCCESS/);
    expect(status).toBe(0);
  });
});

describe("what follows from the code", () => {
  it.each(Object.entries(generated))("%s is as it was made last (node temporal-docker/generate.ts)", (name, text) => {
    expect(read(name)).toBe(text);
  });

  it("draws every measure in Grafana once, without two panels in one place", () => {
    const Panel = z.looseObject({
      type: z.string(),
      title: z.string(),
      gridPos: z.object({ x: z.number(), y: z.number(), w: z.number(), h: z.number() }),
    });
    const { panels } = z
      .looseObject({ panels: z.array(Panel) })
      .parse(JSON.parse(generated["grafana/dashboards/haqei.json"] as string));
    const drawn = panels.filter(({ type }) => type === "timeseries");
    expect(drawn.map(({ title }) => title).sort()).toEqual(METRICS.map(({ name }) => name).sort());
    const cells = panels.flatMap(({ gridPos: { x, y, w, h } }) =>
      Array.from({ length: w * h }, (_, cell) => `${x + (cell % w)},${y + Math.floor(cell / w)}`),
    );
    expect(new Set(cells).size).toBe(cells.length);
  });
});

/** A mounted file or folder. */
function readdirOrRead(path: string): void {
  try {
    readdirSync(`${here}${path}`);
  } catch {
    read(path);
  }
}
