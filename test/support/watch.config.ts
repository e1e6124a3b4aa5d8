import type { ConfigInput } from "#local/config.ts";
import rollout from "./rollout.config.ts";

/** Watching of seconds, on few requests: the same code as the real minutes. */
export default {
  ...rollout,
  watch: {
    every: "10s",
    group_interval: "1s",
    settle: "0s",
    rules: { error_rate: { for: "0s", keep_firing_for: "0s", minimum_sample: 20 } },
  },
  notify: {
    channels: [{ kind: "slack" }, { kind: "webhook" }],
    routes: { page_oncall: ["webhook"], send_slack: ["slack"], create_incident: ["slack"] },
    retry: { first: "1s", longest: "1s" },
  },
  recover: { minimumRequests: 5, probes: 4, window: "10s" },
} satisfies ConfigInput;
