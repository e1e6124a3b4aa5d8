import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { parse, parseAllDocuments, stringify } from "yaml";
import { COMPOSE, goModule, goPrograms, KUBECONFORM } from "./support/go-programs.ts";

/** What is written for programs that are not run here is held against their own schemas. */

const DOCKER = fileURLToPath(new URL("../temporal-docker/", import.meta.url));
/** A release of Kubernetes that is still maintained; its schemas are in its sources. */
const KUBERNETES = "1.32.4";

interface Definition {
  properties?: Record<string, unknown>;
  additionalProperties?: unknown;
  format?: string;
  "x-kubernetes-group-version-kind"?: { group: string; version: string; kind: string }[];
}

/** Writes a strict JSON schema for each kind of resource, under the names by which kubeconform looks for them. */
function writeSchemas(folder: string, definitions: Record<string, Definition>): void {
  for (const definition of Object.values(definitions)) {
    if (definition.properties && definition.additionalProperties === undefined) definition.additionalProperties = false;
    if (definition.format === "int-or-string") Object.assign(definition, { type: ["string", "integer"] });
  }
  for (const [name, { "x-kubernetes-group-version-kind": kinds = [] }] of Object.entries(definitions))
    for (const { group, version, kind } of kinds)
      if (kinds.length === 1)
        writeFileSync(
          join(folder, `${[kind, group.split(".")[0], version].filter(Boolean).join("-").toLowerCase()}.json`),
          JSON.stringify({ $ref: `#/definitions/${name}`, definitions }),
        );
}

/** Files with resources that a kustomization names. */
function resourcesOf(part: string): string[] {
  const file = readFileSync(join(DOCKER, "kubernetes", part, "kustomization.yaml"), "utf8");
  return (parse(file) as { resources: string[] }).resources.filter((name) => name.endsWith(".yaml"));
}

describe("Kubernetes' schemas", () => {
  const program = goPrograms(KUBECONFORM);
  const sources = goModule("k8s.io/kubernetes", KUBERNETES);
  const skip = program === undefined || sources === undefined;
  if (skip) console.warn("skipped: kubeconform and Kubernetes' schemas come by Go from its modules");

  it.skipIf(skip)("take every resource, field for field, and no field that there is not", () => {
    const folder = mkdtempSync(join(tmpdir(), "haqei-schemas-"));
    try {
      const { definitions } = JSON.parse(
        readFileSync(join(sources as string, "api/openapi-spec/swagger.json"), "utf8"),
      ) as { definitions: Record<string, Definition> };
      writeSchemas(folder, definitions);
      const location = `${folder}/{{ .ResourceKind }}{{ .KindSuffix }}.json`;
      const check = (files: readonly string[]) =>
        spawnSync(
          join(program as string, "kubeconform"),
          // The controller's resources are not Kubernetes'.
          ["-strict", "-summary", "-skip", "WorkerDeployment,Connection", "-schema-location", location, ...files],
          { encoding: "utf8" },
        );
      const files = ["base", "worker-controller"].flatMap((part) =>
        resourcesOf(part).map((name) => join(DOCKER, "kubernetes", part, name)),
      );
      const { stdout, status } = check(files);
      expect(stdout).toMatch(/Valid: \d+, Invalid: 0, Errors: 0/);
      expect(status).toBe(0);

      // The Worker Controller's own schema is not to be had; the pods that it makes are held by theirs.
      const workers = parse(readFileSync(join(DOCKER, "kubernetes/worker-controller/workers.yaml"), "utf8")) as {
        spec: { template: unknown };
      };
      const pod = join(folder, "pod.yaml");
      const template = {
        apiVersion: "v1",
        kind: "PodTemplate",
        metadata: { name: "workers" },
        template: workers.spec.template,
      };
      writeFileSync(pod, stringify(template));
      expect(check([pod]).stdout).toMatch(/Valid: 1/);

      const [deployment] = parseAllDocuments(readFileSync(join(DOCKER, "kubernetes/base/pipeline.yaml"), "utf8"));
      const wrong = join(folder, "wrong.yaml");
      deployment?.setIn(["spec", "template", "spec", "containers", 0, "livenesProbe"], {});
      writeFileSync(wrong, String(deployment));
      expect(check([wrong]).stdout).toMatch(/livenesProbe/);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });
});

describe("the compose files", () => {
  const program = goPrograms(COMPOSE);
  if (program === undefined) console.warn("skipped: compose-go comes by Go from its module");
  const read = (...files: string[]) =>
    spawnSync(
      join(program as string, "cmd"),
      ["--no-interpolation", "--format", "json", ...files.map((file) => join(DOCKER, file))],
      {
        encoding: "utf8",
        cwd: DOCKER,
      },
    );

  it
    .skipIf(program === undefined)
    .each([[["compose.yaml"]], [["compose.yaml", "compose.tls.yaml"]], [["compose.yaml", "compose.upgrade.yaml"]]])(
    "%o are taken by what docker compose reads them with",
    (files) => {
      const { stdout, stderr, status } = read(...files);
      expect(stderr).toBe("");
      expect(status).toBe(0);
      const { services } = JSON.parse(stdout) as { services: Record<string, { image: string }> };
      expect(Object.values(services).every(({ image }) => image.length > 0)).toBe(true);
    },
  );

  it.skipIf(program === undefined)("with a field that there is not are refused", () => {
    const folder = mkdtempSync(join(tmpdir(), "haqei-compose-"));
    writeFileSync(join(folder, "compose.yaml"), "services: { edge: { image: x, read_olny: true } }\n");
    const { stderr, status } = spawnSync(join(program as string, "cmd"), [join(folder, "compose.yaml")], {
      encoding: "utf8",
      cwd: folder,
    });
    rmSync(folder, { recursive: true, force: true });
    expect(status).not.toBe(0);
    expect(stderr).toMatch(/read_olny/);
  });
});
