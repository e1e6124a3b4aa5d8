import { z } from "zod";
import type { BlessingClaim } from "#contracts/blessing.ts";
import { Config } from "#contracts/config.ts";
import { type Pairs, Validation } from "#contracts/evaluation.ts";
import { LogicalDate, type StageCall } from "#contracts/run.ts";
import type { Verdict } from "#contracts/verdict.ts";
import { fromArrow } from "#datasets/arrow.ts";
import { judgeCompression } from "#policy/compression-gate.ts";
import { feasibility } from "#policy/feasibility.ts";
import { pairsOf } from "#policy/pairs.ts";
import { decideRelease } from "#policy/release-decision.ts";
import { digestOf } from "#stores/digest.ts";
import type { Dependencies } from "./dependencies.ts";
import { eventsByText } from "./event-shards.ts";
import { scoreMetrics, testQueries } from "./scoring.ts";
import { jsonBytes, jsonOf, type StageContext, type StageWork } from "./stage.ts";
import { Traffic } from "./traffic.ts";
import { windowOf } from "./window.ts";

const Settings = z.object({
  deploy: Config.shape.deploy,
  compression: Config.shape.compression,
  release: Config.shape.release,
  preprocess: Config.shape.preprocess,
});

const Asked = z.object({ date: LogicalDate });

type Needs = Pick<Dependencies, "artefacts" | "scratch" | "signer" | "codeDigests" | "now" | "measureAsServed">;

/**
 * `06:deploy`: whether the model may be released, compressed as it would be shipped and measured in the runtime that would serve it; a verdict
 * with every number it rests on, and whether a rollout could be decided at the day's traffic. One that may is blessed: the proof is
 * an artefact of its own, named by the decision.
 */
export const deploy =
  (needs: Needs) =>
  async ({ call, input, signal }: StageContext): Promise<StageWork> => {
    const { date } = Asked.parse(call.asked);
    const { deploy, compression, release, preprocess } = Settings.parse(call.settings);
    const limits = { ...deploy, accuracy_impact: compression.accuracy_impact };
    const validation = Validation.parse(jsonOf(await input("evaluation")));
    const { examples, classes } = fromArrow(await input("dataset"));
    const queries = testQueries(examples);
    const { model, current } = call.inputs;
    const measured = await needs.measureAsServed(
      {
        model: await input("model"),
        original: await input("original"),
        ...(current ? { current: await input("current") } : {}),
        queries,
      },
      signal,
    );
    const against = measured.current && pairsOf(measured.model.correct, measured.current.correct);
    const decided = decideRelease(
      {
        trained: { n: validation.candidate.n, ...validation.candidate.top1 },
        shipped: { n: measured.model.n, ...measured.model.top1 },
        classes: classes.length,
        compression: judgeCompression(measured.compression, compression),
        against,
        alreadyCurrent: current !== undefined && current.sha256 === model?.sha256,
      },
      limits,
      digestOf({ deploy, compression }),
    );
    const verdict = against ? { ...decided, evidence: { ...decided.evidence, ...(await feasible(against)) } } : decided;
    const blessing =
      model && verdict.action === "promote"
        ? await bless(needs, call, {
            artefact: model.sha256,
            evaluationSet: digestOf(queries),
            policy: verdict.policyDigest,
            metrics: scoreMetrics(measured.model),
          })
        : undefined;
    return {
      kind: "decision",
      bytes: jsonBytes({ schema: 1, model: model?.sha256, verdict, ...(blessing ? { blessing } : {}) }),
      metrics: { action: verdict.action, reason: verdict.reason },
      summary: `${verdict.action}: ${verdict.reason}`,
      verdict,
    };

    /** What a rollout may expect of the day's traffic. */
    async function feasible(pairs: Pairs): Promise<Verdict["evidence"]> {
      const window = windowOf(await input("window"));
      const day = { ...window, days: window.days.filter((one) => one.date === date) };
      const { maximumEventBytes, weights } = preprocess;
      const seen = new Traffic(weights);
      for await (const events of eventsByText(needs, day, { classes: classes.length, maximumEventBytes }, {}))
        seen.add(events);
      const traffic = seen.expected(pairs, release);
      const { decidable, hours, message } = feasibility(traffic, release);
      return {
        users_per_hour: traffic.usersPerHour,
        labels_per_hour: traffic.labelsPerHour,
        rollout_decidable: decidable,
        rollout_hours: hours,
        feasibility: message,
      };
    }
  };

/** Vouches for the model, and keeps the proof with what it rests on as its parents. Answers the proof's digest. */
async function bless(
  { artefacts, signer, codeDigests, now }: Needs,
  { stage, activity, inputs, settings }: StageCall,
  claim: Pick<BlessingClaim, "artefact" | "evaluationSet" | "policy" | "metrics">,
): Promise<string> {
  const code = codeDigests[activity] ?? digestOf("unknown");
  const at = new Date(now()).toISOString();
  const { sha256 } = await artefacts.put("blessing", jsonBytes(signer.bless({ schema: 1, ...claim, code, at })), {
    producedBy: stage,
    parents: Object.entries(inputs).map(([name, one]) => ({ name, sha256: one.sha256 })),
    codeDigest: code,
    configDigest: digestOf(settings),
    metrics: claim.metrics,
  });
  return sha256;
}
