import { isDeepStrictEqual } from "node:util";
import { z } from "zod";

const Named = z.looseObject({ name: z.string() });
/** What is read of a worker's Deployment; the rest goes along as it is. */
export const WorkerDeployment = z.looseObject({
  kind: z.literal("Deployment"),
  spec: z.looseObject({
    replicas: z.number(),
    template: z.looseObject({
      metadata: z.looseObject({ annotations: z.record(z.string(), z.string()).default({}) }),
      spec: z.looseObject({ containers: z.array(Named), volumes: z.array(Named) }),
    }),
  }),
});
type WorkerDeployment = z.infer<typeof WorkerDeployment>;

/** Label of pods that hold all kinds of workers. */
const COMPONENT = { "app.kubernetes.io/component": "workers" };

/**
 * The same workers for Temporal's Worker Controller, which keeps pods of each build until the runs that it began are over. All kinds are
 * containers of one pod: so a build is one version with all queues, and a run's training is done by the code that began it.
 * @param deployments of `kubernetes/base`, whose containers and volumes are taken
 */
export function workerDeploymentOf(deployments: readonly WorkerDeployment[]): unknown {
  const [first, ...others] = deployments;
  if (first === undefined) throw new Error("there is no Deployment");
  const volumes = new Map(first.spec.template.spec.volumes.map((volume) => [volume.name, volume]));
  for (const volume of others.flatMap(({ spec }) => spec.template.spec.volumes)) {
    const known = volumes.get(volume.name) ?? volume;
    if (!isDeepStrictEqual(known, volume)) throw new Error(`two volumes are called ${volume.name}`);
    volumes.set(volume.name, volume);
  }
  const { topologySpreadConstraints: _spread, ...pod } = first.spec.template.spec;
  return {
    apiVersion: "temporal.io/v1alpha1",
    kind: "WorkerDeployment",
    metadata: { name: "haqei" },
    spec: {
      replicas: Math.max(...deployments.map(({ spec }) => spec.replicas)),
      workerOptions: { connectionRef: { name: "temporal" }, temporalNamespace: "haqei" },
      // Runs that have begun stay where they are: only new ones are moved, all at once, so that no two builds share a day.
      rollout: { strategy: "AllAtOnce" },
      sunset: { scaledownDelay: "1h", deleteDelay: "24h" },
      template: {
        metadata: {
          labels: COMPONENT,
          annotations: Object.assign({}, ...deployments.map(({ spec }) => spec.template.metadata.annotations)),
        },
        spec: {
          ...pod,
          containers: deployments.flatMap(({ spec }) => spec.template.spec.containers),
          volumes: [...volumes.values()],
        },
      },
    },
  };
}
