import { spawnSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { parse, parseAllDocuments } from "yaml";
import { z } from "zod";
import { loadConfig } from "#local/config.ts";
import { Endpoints } from "#local/home.ts";
import { WORKERS } from "#local/start.ts";

const base = fileURLToPath(new URL("kubernetes/base/", import.meta.url));
const read = (name: string): string => readFileSync(`${base}${name}`, "utf8");

const Kustomization = z.looseObject({
  resources: z.array(z.string()),
  configMapGenerator: z.array(
    z.object({ name: z.string(), files: z.array(z.string()).default([]), literals: z.array(z.string()).default([]) }),
  ),
});
const kustomization = Kustomization.parse(parse(read("kustomization.yaml")));

const Resource = z.looseObject({
  apiVersion: z.string(),
  kind: z.string(),
  metadata: z.looseObject({ name: z.string() }),
});
const resources = kustomization.resources.flatMap((file) =>
  parseAllDocuments(read(file)).map((document) => Resource.parse(document.toJS())),
);

const Container = z.looseObject({
  command: z.array(z.string()),
  resources: z.object({ requests: z.record(z.string(), z.string()), limits: z.record(z.string(), z.string()) }),
  securityContext: z.object({
    allowPrivilegeEscalation: z.literal(false),
    readOnlyRootFilesystem: z.literal(true),
    capabilities: z.object({ drop: z.tuple([z.literal("ALL")]) }),
  }),
  volumeMounts: z.array(z.looseObject({ name: z.string() })),
  envFrom: z.array(z.looseObject({ configMapRef: z.object({ name: z.string() }).optional() })),
});
const Selector = z.object({ matchLabels: z.record(z.string(), z.string()) });
const Deployment = z.looseObject({
  spec: z.looseObject({
    selector: Selector,
    template: z.looseObject({
      metadata: z.looseObject({ labels: z.record(z.string(), z.string()) }),
      spec: z.looseObject({
        serviceAccountName: z.string(),
        automountServiceAccountToken: z.literal(false),
        terminationGracePeriodSeconds: z.number(),
        securityContext: z.looseObject({ runAsNonRoot: z.literal(true) }),
        containers: z.array(Container).length(1),
        volumes: z.array(z.looseObject({ name: z.string(), configMap: z.object({ name: z.string() }).optional() })),
      }),
    }),
  }),
});
const ofKind = (kind: string) => resources.filter((resource) => resource.kind === kind);
const deployments = ofKind("Deployment").map((resource) => ({
  name: resource.metadata.name,
  ...Deployment.parse(resource),
}));

describe("the workers on Kubernetes", () => {
  it("are the processes that the code has", () => {
    expect(deployments.map(({ name }) => name)).toEqual([...WORKERS]);
    for (const { spec } of deployments) {
      const [, file = ""] = spec.template.spec.containers[0]?.command ?? [];
      expect(existsSync(fileURLToPath(new URL(`../${file}`, import.meta.url)))).toBe(true);
    }
  });

  it("are confined, selected by their own labels, and mount only what is declared", () => {
    const generated = kustomization.configMapGenerator.map(({ name }) => name);
    for (const { spec } of deployments) {
      const { metadata, spec: pod } = spec.template;
      expect(metadata.labels).toMatchObject(spec.selector.matchLabels);
      expect(pod.terminationGracePeriodSeconds).toBeGreaterThan(15);
      const volumes = pod.volumes.map(({ name }) => name);
      for (const { volumeMounts, envFrom } of pod.containers) {
        expect(volumeMounts.map(({ name }) => name).sort()).toEqual(volumes.sort());
        for (const { configMapRef } of envFrom) if (configMapRef) expect(generated).toContain(configMapRef.name);
      }
      for (const { configMap } of pod.volumes) if (configMap) expect(generated).toContain(configMap.name);
    }
  });

  it("each have a budget of disruption, and none that forbids to drain a node", () => {
    const Budget = z.looseObject({ spec: z.looseObject({ selector: Selector, minAvailable: z.number().optional() }) });
    const budgets = ofKind("PodDisruptionBudget").map((resource) => Budget.parse(resource).spec);
    for (const { spec } of deployments) {
      const budget = budgets.find(({ selector }) => JSON.stringify(selector) === JSON.stringify(spec.selector));
      expect(budget).toBeDefined();
      expect(budget?.minAvailable ?? 0).toBeLessThan((spec as { replicas?: number }).replicas ?? 1);
    }
  });

  it("may be called by nobody unless it is said, and never call a metadata service", () => {
    const [closed, workers] = ofKind("NetworkPolicy");
    expect(closed).toMatchObject({ spec: { podSelector: {}, policyTypes: ["Ingress", "Egress"] } });
    expect(JSON.stringify(workers)).toContain("169.254.0.0/16");
  });

  it("get addresses and settings that they understand", async () => {
    expect(() => Endpoints.parse(JSON.parse(read("endpoints.json")))).not.toThrow();
    const literals = kustomization.configMapGenerator.flatMap((map) => map.literals);
    const env = Object.fromEntries(
      literals.map((literal) => [literal.slice(0, literal.indexOf("=")), literal.slice(literal.indexOf("=") + 1)]),
    );
    const { config } = await loadConfig(undefined, { env, cwd: base });
    expect([config.registry.kind, config.store.kind, config.released.kind]).toEqual(["postgres", "s3", "s3"]);
  });

  it("are rendered by kubectl, where it is installed: pods follow their config maps by digest", () => {
    const { error, status, stdout } = spawnSync("kubectl", ["kustomize", base], { encoding: "utf8" });
    if (error) return console.warn("skipped: kubectl is not installed");
    expect(status).toBe(0);
    const rendered = parseAllDocuments(stdout).map((document) => Resource.parse(document.toJS()));
    expect(
      rendered.map(({ kind, metadata }) => `${kind}/${metadata.name.replace(/-[a-z0-9]{10}$/, "")}`).sort(),
    ).toEqual(
      [
        ...resources.map(({ kind, metadata }) => `${kind}/${metadata.name}`),
        ...kustomization.configMapGenerator.map(({ name }) => `ConfigMap/${name}`),
      ].sort(),
    );
    const maps = rendered.filter(({ kind }) => kind === "ConfigMap").map(({ metadata }) => metadata.name);
    for (const deployment of rendered.filter(({ kind }) => kind === "Deployment")) {
      expect(deployment.metadata.namespace).toBe("haqei");
      const text = JSON.stringify(deployment);
      for (const name of maps) expect(text).toContain(name);
    }
  });

  it("are the same for the Worker Controller, in one pod that is one build, rendered by kubectl", () => {
    const { error, status, stdout } = spawnSync("kubectl", ["kustomize", `${base}../worker-controller`], {
      encoding: "utf8",
    });
    if (error) return console.warn("skipped: kubectl is not installed");
    expect(status).toBe(0);
    const rendered = parseAllDocuments(stdout).map((document) => Resource.parse(document.toJS()));
    const byKind = (kind: string) => rendered.filter((resource) => resource.kind === kind);
    expect(byKind("Deployment")).toEqual([]);
    const [workers, ...more] = byKind("WorkerDeployment").map(
      (resource) =>
        z
          .looseObject({
            spec: z.looseObject({
              workerOptions: z.strictObject({
                connectionRef: z.strictObject({ name: z.string() }),
                temporalNamespace: z.string(),
              }),
              template: z.looseObject({
                metadata: z.looseObject({ labels: z.record(z.string(), z.string()) }),
                spec: z.looseObject({ containers: z.array(Container.extend({ name: z.string(), image: z.string() })) }),
              }),
            }),
          })
          .parse(resource).spec,
    );
    expect(more).toEqual([]);
    expect(workers?.template.spec.containers.map(({ name }) => name)).toEqual(deployments.map(({ name }) => name));
    for (const { image } of workers?.template.spec.containers ?? []) expect(image).toMatch(/\/haqei:\d/);
    expect(byKind("Connection").map(({ metadata }) => metadata.name)).toEqual([
      workers?.workerOptions.connectionRef.name,
    ]);
    for (const { metadata } of byKind("ConfigMap")) expect(JSON.stringify(workers)).toContain(metadata.name);
    // Whom a policy or a budget is for is found by the pods' label.
    const selector = { matchLabels: { "app.kubernetes.io/component": "workers" } };
    expect(workers?.template.metadata.labels).toMatchObject(selector.matchLabels);
    expect(byKind("PodDisruptionBudget")).toMatchObject([{ spec: { selector } }]);
    expect(byKind("NetworkPolicy").find(({ metadata }) => metadata.name === "workers")).toMatchObject({
      spec: { podSelector: selector },
    });
  });
});
