import type { ConfigInput } from "#local/config.ts";

/**
 * Every field may be left out; `npx haqei config` lists them all with the value in force and where it came from.
 * A variable such as HAQEI__daily__stages__train=5 overrides one field for one command.
 */
export default {
  // Days and the batch window are of this time zone.
  timezone: "Asia/Tokyo",

  // Authored data, relative to this file.
  dataset: "datasets",

  // The same data, settings and seed give the same model, byte for byte.
  seed: 384,

  // Artefacts lie in the home's folder; an S3 or R2 bucket is
  // { kind: "s3", endpoint: "https://…", bucket: "haqei" }, with its keys in the environment.
  store: { kind: "folder" },
} satisfies ConfigInput;
