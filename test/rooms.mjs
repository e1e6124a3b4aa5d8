/** Checks who imports whom against `.dependency-cruiser.mjs`; fails, too, where the rooms were not seen at all. */
import { cruise } from "dependency-cruiser";
import extractTSConfig from "dependency-cruiser/config-utl/extract-ts-config";
import config from "../.dependency-cruiser.mjs";

const rooms = [
  "contracts",
  "model",
  "training",
  "policy",
  "datasets",
  "stores",
  "notify",
  "activities",
  "workflows",
  "workers",
  "edge",
  "local",
  "simulation",
  "cli",
];
const { output } = await cruise(
  rooms,
  { ...config.options, validate: true, ruleSet: { forbidden: config.forbidden } },
  undefined,
  {
    tsConfig: extractTSConfig("tsconfig.base.json"),
  },
);
const { modules, summary } = output;
for (const room of rooms) {
  if (!modules.some(({ source }) => source.startsWith(`${room}/`))) {
    console.error(`rooms: no module of ${room}/ was read, so nothing is known of it`);
    process.exitCode = 1;
  }
}
if (
  !modules.some(
    ({ source, dependencies }) =>
      source.startsWith("activities/") && dependencies.some(({ resolved }) => resolved.startsWith("contracts/")),
  )
) {
  console.error("rooms: imports between rooms were not resolved");
  process.exitCode = 1;
}
for (const { from, to, rule } of summary.violations) {
  console.error(`rooms: ${from} must not import ${to} (${rule.name})`);
  process.exitCode = 1;
}
if (!process.exitCode)
  console.log(
    `rooms: ${modules.filter(({ source }) => !source.includes("node_modules")).length} modules keep to their rooms`,
  );
