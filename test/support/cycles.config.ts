import type { ConfigInput } from "#local/config.ts";
import quick from "./quick.config.ts";

/** Quick runs, and a rollout whose first stage waits for a person. */
export default {
  ...quick,
  release: {
    stages: [
      { percentage: 5, duration: "6h" },
      { percentage: 100, duration: "permanent" },
    ],
  },
} satisfies ConfigInput;
