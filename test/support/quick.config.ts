import type { ConfigInput } from "#local/config.ts";

/** The project's data with a training of seconds: for tests of everything but accuracy. */
export default {
  dataset: "../../datasets",
  training: { max_dimension: 32, epochs: 8, dropout: 0.3, maxFeatures: 12_000 },
} satisfies ConfigInput;
