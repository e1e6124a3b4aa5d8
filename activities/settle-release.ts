import type { Candidate } from "#contracts/rollout.ts";
import { noteRelease } from "#stores/release-history.ts";
import { noteReleasedDictionary } from "#stores/released-dictionary.ts";
import type { Dependencies } from "./dependencies.ts";
import { named } from "./failure.ts";
import { warm } from "./warm.ts";

/** What follows once everybody has a model: its dictionary is noted, and likely queries are answered before anybody asks. */
export const settleRelease =
  (dependencies: Pick<Dependencies, "config" | "registry" | "artefacts" | "scratch" | "edge" | "now">) =>
  ({ sha256, version, dictionary, warmFrom }: Candidate): Promise<{ queries: number; warmed: number }> =>
    named(async () => {
      const { config, registry, artefacts } = dependencies;
      await noteRelease(registry, { at: dependencies.now(), sha256, version, outcome: "released" });
      if (dictionary) await noteReleasedDictionary(registry, dictionary);
      if (!warmFrom) return { queries: 0, warmed: 0 };
      const [window, authored] = await Promise.all([
        artefacts.get({ sha256: warmFrom.window }),
        artefacts.get({ sha256: warmFrom.authored }),
      ]);
      return warm(dependencies, { window, authored }, config);
    });
