/**
 * The rooms and what each may import (ARCHITECTURE.md). A room's tests may reach further: they lie beside the code but are not it.
 */
const rooms = {
  contracts: [],
  model: ["contracts"],
  training: ["model", "policy", "contracts"],
  policy: ["contracts"],
  datasets: ["model", "training", "contracts"],
  stores: ["contracts", "model"],
  notify: ["contracts"],
  activities: ["contracts", "model", "training", "policy", "datasets", "stores", "notify"],
  // Activities' types only: the workflow bundle must hold nothing of Node.
  workflows: ["policy", "contracts"],
  edge: ["model", "policy", "contracts"],
  simulation: ["contracts", "model", "policy"],
};

const folder = (name) => `^${name}/`;
const TEST = "\\.test\\.ts$|/vitest\\.config\\.ts$|/test-support/";

const roomRules = Object.entries(rooms).map(([room, may]) => ({
  name: `${room}-imports`,
  comment: `${room}/ may import ${may.length > 0 ? may.join(", ") : "no other room"}`,
  severity: "error",
  from: { path: folder(room), pathNot: TEST },
  to: {
    path: "^[a-z-]+/",
    pathNot: [folder(room), "^node_modules/", ...may.map(folder)],
    dependencyTypesNot: ["core", ...(room === "workflows" ? ["type-only"] : [])],
  },
}));

/** Rooms that run without Node: in the workflow sandbox, in an isolate, or as plain computation. */
const withoutNode = ["contracts", "model", "policy", "workflows", "simulation", "edge"].map((room) => ({
  name: `${room}-without-node`,
  comment: `${room}/ uses no Node API`,
  severity: "error",
  from: { path: folder(room), pathNot: TEST },
  to: { dependencyTypes: ["core"] },
}));

export default {
  forbidden: [
    ...roomRules,
    ...withoutNode,
    {
      name: "contracts-only-zod",
      severity: "error",
      from: { path: "^contracts/", pathNot: TEST },
      to: { path: "node_modules", pathNot: "node_modules/zod/" },
    },
    {
      name: "temporal-stays-outside",
      comment: "what is computed and kept knows nothing of Temporal",
      severity: "error",
      from: { path: "^(contracts|model|training|policy|datasets|stores|notify|edge|simulation)/", pathNot: TEST },
      to: { path: "node_modules/@temporalio" },
    },
    {
      name: "no-activity-inside-another",
      comment: "activities share only their frame and pure helpers",
      severity: "error",
      from: { path: "^activities/(collect|preprocess|train|validate|compress|deploy|distribute|open|lookup)\\.ts$" },
      to: { path: "^activities/(collect|preprocess|train|validate|compress|deploy|distribute|open|lookup)\\.ts$" },
    },
    {
      name: "no-circles",
      severity: "error",
      from: {},
      to: { circular: true, viaOnly: { dependencyTypesNot: ["type-only"] } },
    },
    {
      name: "no-unresolved",
      severity: "error",
      from: {},
      to: {
        couldNotResolve: true,
        pathNot: "^cloudflare:|^node:|@tensorflow/tfjs-node|/fallback/model\\.bin$|/built/",
      },
    },
  ],
  options: {
    doNotFollow: { path: "node_modules" },
    exclude: { path: "(^|/)(node_modules|\\.haqei|\\.cache)/|worker-configuration\\.d\\.ts$" },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: "tsconfig.base.json" },
    enhancedResolveOptions: {
      extensions: [".ts", ".mjs", ".js", ".json"],
      conditionNames: ["import", "require", "node", "default", "types"],
      exportsFields: ["exports"],
    },
  },
};
