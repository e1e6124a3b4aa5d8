import type { ConfigInput } from "#local/config.ts";

/** Trainings of seconds, and a rollout whose first stage waits for a person. */
export default {
  dataset: "../../datasets",
  training: { max_dimension: 24, epochs: 6, dropout: 0.3, maxFeatures: 10_000 },
  release: {
    lookEvery: "1s",
    stages: [
      { percentage: 5, duration: "6h" },
      { percentage: 100, duration: "permanent" },
    ],
  },
} satisfies ConfigInput;
