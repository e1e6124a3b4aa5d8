import type { ConfigInput } from "#local/config.ts";

/** The project's data with a training of seconds: for tests of everything but accuracy. */
export default {
  dataset: "../../datasets",
  training: { max_dimension: 48, epochs: 12, dropout: 0.3, maxFeatures: 30_000 },
} satisfies ConfigInput;
