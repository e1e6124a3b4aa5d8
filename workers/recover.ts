import { randomUUID } from "node:crypto";
import { z } from "zod";
import type { Config } from "#contracts/config.ts";
import { CHECK_PERSON } from "#contracts/http.ts";
import type { RecoverStep, Recovery } from "#contracts/recovery.ts";
import { CLOSER_WATCH, CloserWatch } from "#contracts/watch.ts";
import type { Endpoints } from "#local/home.ts";
import { hoursOf } from "#policy/duration.ts";
import { change } from "#stores/change.ts";
import type { EdgeClient } from "#stores/edge.ts";
import type { Registry } from "#stores/registry.ts";
import { connectClient } from "./client.ts";
import { rollBackRelease } from "./rollout.ts";

export interface RecoverNeeds {
  edge: EdgeClient;
  registry: Registry;
  endpoints: Endpoints;
  config: Config;
  now: () => number;
  person: string;
}

/** When it was recovered last: failures from before are not held against what was done about them. */
const Last = z.strictObject({ at: z.number(), recovered: z.boolean() });
const LAST = "recover";
const HOUR = 3_600_000;
const REASON = "haqei recover";

/** What is asked to see whether answers are good: nobody's question, never answered from a cache. */
const QUESTIONS = ["仕事を辞めて独立したい", "好きな人に告白するか迷う", "should I change my job", "我该搬家吗"];

interface Probed {
  asked: number;
  failed: number;
}

const ms = (duration: string): number => hoursOf(duration) * HOUR;
const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

/** Asks the edge; no answer, and one by the prior, has failed. */
async function probe({ edge, config }: RecoverNeeds): Promise<Probed> {
  const answers = await Promise.all(
    Array.from({ length: config.recover.probes }, async (_, turn) => {
      const text = `${QUESTIONS[turn % QUESTIONS.length]} ${randomUUID().slice(0, 8)}`;
      const answer = await edge.classify(text, `${CHECK_PERSON}${randomUUID()}`).catch(() => undefined);
      return answer !== undefined && answer.path !== "prior";
    }),
  );
  return { asked: answers.length, failed: answers.filter((good) => !good).length };
}

/** Share of requests that failed in the window, since the last recovery; undefined where it cannot be measured. */
async function errorRate({ edge, config, now }: RecoverNeeds, since: number) {
  const to = now();
  const from = Math.max(to - ms(config.recover.window), since);
  if (from >= to) return { rate: 0, requests: 0 };
  const sum = async (metric: "errors" | "answers", path?: string) => {
    const { rows } = await edge.analytics({ metric, from, to, groupBy: path ? ["path"] : [] });
    return rows.filter(({ group }) => !path || group.path === path).reduce((all, row) => all + row.sum, 0);
  };
  try {
    const [errors, prior, answers] = [await sum("errors"), await sum("answers", "prior"), await sum("answers")];
    const requests = errors + answers;
    return { rate: requests > 0 ? (errors + prior) / requests : 0, requests };
  } catch {
    return undefined;
  }
}

/**
 * The recovery procedure (specification 8.2), step by step, each seen to have worked before the next; what is not needed is left alone, and
 * what cannot be done is said and does not end it. Done again it does nothing twice. With `dryRun` it only looks.
 */
export async function recover(
  needs: RecoverNeeds,
  { dryRun = false, again = false }: { dryRun?: boolean; again?: boolean } = {},
): Promise<Recovery> {
  const { edge, registry, endpoints, config, now, person } = needs;
  const limit = config.recover.error_rate;
  const steps: RecoverStep[] = [];
  const step = async (name: string, work: () => Promise<{ ok: boolean; detail: string }>): Promise<boolean> => {
    const begun = performance.now();
    const { ok, detail } = await work().catch((error: unknown) => ({ ok: false, detail: messageOf(error) }));
    steps.push({ name, ok, detail, seconds: (performance.now() - begun) / 1000 });
    return ok;
  };
  const last = Last.safeParse((await registry.read(LAST).catch(() => undefined))?.value).data;
  const since = last?.at ?? 0;

  let isBad = false;
  let isDown = false;
  await step("state", async () => {
    const [health, pointer, temporal, measured, probed] = await Promise.all([
      edge.health().catch(() => undefined),
      edge.pointer().catch(() => undefined),
      reachesTemporal(endpoints),
      errorRate(needs, since),
      probe(needs),
    ]);
    isDown = health === undefined;
    const enough = measured !== undefined && measured.requests >= config.recover.minimumRequests;
    const seen = probed.failed / probed.asked;
    isBad = seen > limit || (enough && measured.rate > limit);
    return {
      ok: !isBad && !isDown,
      detail: [
        isDown
          ? "the edge does not answer"
          : `the edge answers (${health?.version ?? "bundled model"}, epoch ${health?.epoch})`,
        pointer
          ? `current ${pointer.current.version}, previous ${pointer.previous?.version ?? "none"}`
          : "no pointer is to be had",
        temporal ? "Temporal answers" : "Temporal does not answer",
        measured === undefined
          ? "the error rate cannot be measured (its database does not answer)"
          : `error rate ${(measured.rate * 100).toFixed(1)}% of ${measured.requests}`,
        `${probed.failed} of ${probed.asked} questions failed`,
      ].join("; "),
    };
  });
  if (dryRun || (!isBad && !isDown && !again)) {
    const planned = dryRun ? "would be looked at next: nothing was changed" : "not needed: answers are good";
    for (const name of ["rollback", "cache", "simple mode", "closer watch"])
      steps.push({ name, ok: true, detail: planned, seconds: 0 });
    return { steps, recovered: !isBad && !isDown };
  }

  const isMended = async (): Promise<boolean> => {
    const { failed, asked } = await probe(needs);
    isBad = failed / asked > limit;
    return !isBad;
  };
  await step("rollback", async () => {
    if (!isBad) return { ok: true, detail: `not needed: failures are not above ${limit * 100}%` };
    const served = await edge.pointer();
    // A shadow is seen by nobody: it is not what fails.
    const model = served?.shadow && !served.canary ? served.current.sha256 : undefined;
    const { seconds, direct } = await rollBackRelease(
      { edge, registry, endpoints, config },
      { person, reason: REASON },
      model,
    );
    const good = await isMended();
    return {
      ok: good,
      detail: `went back ${direct ? "by the pointer" : "through the rollout"} and was confirmed in ${seconds.toFixed(2)} s; ${good ? "answers are good" : "questions still fail"}`,
    };
  });
  await step("cache", async () => {
    const pointer = await edge.pointer();
    if (!pointer) return { ok: true, detail: "not needed: nothing is released" };
    const { canary: _canary, ...without } = pointer;
    const next = {
      ...(pointer.canary ? pointer : without),
      epoch: pointer.epoch + 1,
      cacheGeneration: pointer.cacheGeneration + 1,
    };
    await edge.putPointer(next, pointer.epoch);
    const seen = await edge.pointer();
    return {
      ok: seen?.cacheGeneration === next.cacheGeneration,
      detail: `kept answers are thrown away: generation ${next.cacheGeneration}`,
    };
  });
  await step("simple mode", async () => {
    if (await isMended()) return { ok: true, detail: "not needed: answers are good" };
    const on = await edge.simpleUntil();
    const until = on ?? now() + ms(config.recover.simpleFor);
    if (on === undefined) await edge.switchMode({ mode: "simple", until, reason: `${REASON} by ${person}` });
    const seen = await edge.simpleUntil();
    const answered = await edge.classify(QUESTIONS[0] as string, `${CHECK_PERSON}${randomUUID()}`);
    return {
      ok: seen === until && answered.bucket === "simple",
      detail: `simple mode is ${on === undefined ? "switched on" : "on already"}, and ends by itself at ${new Date(until).toISOString()}`,
    };
  });
  const isServing = steps.at(-1)?.ok === true;
  await step("closer watch", async () => {
    const from = now();
    const until = from + ms(config.recover.watchFor);
    await change(registry, CLOSER_WATCH, CloserWatch.nullable(), null, () => ({ from, until, reason: REASON }));
    await change(registry, LAST, Last.nullable(), null, () => ({ at: from, recovered: isServing }));
    return {
      ok: true,
      detail: `looked at every ${config.recover.watchEvery} until ${new Date(until).toISOString()}, then it ends by itself${(await reachesTemporal(endpoints)) ? "" : "; it begins once Temporal answers"}`,
    };
  });
  return { steps, recovered: isServing && !isDown };
}

async function reachesTemporal(endpoints: Endpoints): Promise<boolean> {
  try {
    const client = await connectClient(endpoints);
    await client.connection.close();
    return true;
  } catch {
    return false;
  }
}
