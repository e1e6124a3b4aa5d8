import type { ReleaseConfig } from "#contracts/config.ts";
import type { StageEvidence } from "#contracts/judge.ts";
import type { Candidate, Looked, RolloutStage } from "#contracts/rollout.ts";
import { decodeModel } from "#model/codec.ts";
import { createClassifier } from "#model/score.ts";
import { judge } from "#policy/release-judge.ts";
import type { Dependencies } from "./dependencies.ts";
import { armsOf, labelledBy, pairsOf, roundTripsOf, shadowArmsOf, shadowOf } from "./evidence.ts";
import { named } from "./failure.ts";
import { readEvents } from "./feedback.ts";
import { beating } from "./heartbeat.ts";

export interface LookCall {
  candidate: Candidate;
  policy: ReleaseConfig;
  policyDigest: string;
  stage: RolloutStage;
  /** Hours since the stage began. */
  hours: number;
  /** Epoch of the pointer that made it a shadow, where it was one. */
  shadowEpoch?: number;
  /** What the stages before it came to. */
  earlier: StageEvidence[];
}

const PAGE = 1000;

/**
 * Collects what is known of the stage and asks the judge. What the edge does not tell is left out, so that it holds. Figures go back with
 * the verdict, single round trips do not.
 */
export const look =
  ({ edge, artefacts, released, config }: Pick<Dependencies, "edge" | "artefacts" | "released" | "config">) =>
  ({ candidate, policy, policyDigest, stage, hours, shadowEpoch, earlier }: LookCall): Promise<Looked> =>
    beating(() =>
      named(async () => {
        const pointer = await edge.pointer();
        const inShadow = stage.share === 0;
        const withdrawn = (inShadow ? pointer?.shadow : pointer?.canary)?.sha256 !== candidate.sha256;
        const shadow =
          shadowEpoch === undefined
            ? undefined
            : (await edge.shadowCounts(shadowEpoch)).pairs.find(
                (pair) => pair.shadow === candidate.sha256 && pair.model === pointer?.current.sha256,
              );
        const judged = (evidence: StageEvidence, more: Pick<StageEvidence, "latency"> = {}): Looked => ({
          verdict: judge({ ...evidence, ...more, earlier }, policy, policyDigest),
          evidence,
          withdrawn,
        });
        const at = { share: stage.share, hours, plannedHours: stage.plannedHours ?? 0 };
        if (inShadow) return judged({ stage: at, ...shadowOf(shadow), ...shadowArmsOf(shadow) });
        const { arms } = await edge.exposure(stage.epoch);
        const lines = await linesAfter(edge, stage.afterSeq);
        // Labels name classes; one that the models do not have is right for neither.
        const { events } = readEvents(lines, Number.POSITIVE_INFINITY, config.preprocess.maximumEventBytes);
        const labelled = labelledBy(events, config.preprocess.weights);
        const evidence: StageEvidence = {
          stage: at,
          ...armsOf(arms),
          ...shadowOf(shadow),
          ...(pointer && labelled.length > 0
            ? pairsOf(labelled, await modelOf(candidate.sha256), await modelOf(pointer.current.sha256))
            : {}),
        };
        const latency = roundTripsOf(events);
        return judged(evidence, latency ? { latency } : {});

        /** As it was made: what the edge reads may be damaged, which its users' errors tell. */
        async function modelOf(sha256: string) {
          const from = (await artefacts.has({ sha256 })) ? artefacts : released;
          return createClassifier(decodeModel(await from.get({ sha256 })));
        }
      }),
    );

async function linesAfter(edge: Dependencies["edge"], afterSeq: number): Promise<string[]> {
  const lines: string[] = [];
  for (let after = afterSeq; ; ) {
    const page = await edge.events(after, PAGE);
    if (page.lines.length === 0) return lines;
    lines.push(...page.lines);
    after = page.next;
  }
}
