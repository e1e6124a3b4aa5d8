import type { ConfigInput } from "#local/config.ts";

/** Rollouts of seconds, judged by few users: the same code as the real hours. */
export default {
  dataset: "../../datasets",
  release: {
    shadow: { sample: 1, duration: "2s" },
    stages: [
      { percentage: 25, duration: "4s" },
      { percentage: 50, duration: "4s" },
      { percentage: 100, duration: "permanent" },
    ],
    metrics: ["errors", "accuracy"],
    rollback_threshold: { error_rate: 0.3 },
    minimumUsers: 10,
    lookEvery: "0.5s",
  },
} satisfies ConfigInput;
