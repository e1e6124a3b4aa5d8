import { readFileSync } from "node:fs";
import { userInfo } from "node:os";
import type { Command as Program } from "commander";
import { z } from "zod";
import { InputError } from "#contracts/errors.ts";
import { JudgeVerdict } from "#contracts/judge.ts";
import { Pointer } from "#contracts/pointer.ts";
import { Sha256 } from "#contracts/reference.ts";
import { type Command, CommandName, Rollout } from "#contracts/rollout.ts";
import { readEndpoints } from "#local/home.ts";
import { placeOf, stageName } from "#policy/rollout.ts";
import type { ReleaseReport } from "#workers/rollout.ts";
import type { Act } from "../context.ts";
import { table } from "../table.ts";

export const Output = z.object({
  current: Pointer.shape.current.nullable(),
  canary: Pointer.shape.canary.unwrap().nullable(),
  previous: Pointer.shape.current.nullable(),
  epoch: z.number().int().nonnegative(),
  stage: z
    .object({
      index: z.number(),
      share: z.number(),
      since: z.number(),
      plannedHours: z.number().nullable(),
      nextLook: z.number().nullable(),
    })
    .nullable(),
  verdict: JudgeVerdict.nullable(),
  rollout: Rollout.nullable(),
  /** Of `start`: whether it runs or waits. */
  started: z.enum(["started", "running", "waiting"]).optional(),
  /** Of `rollback` and `abort`: seconds until the edge had confirmed it. */
  seconds: z.number().optional(),
  /** Of `plan`. */
  plan: z.unknown().optional(),
  traffic: z.unknown().optional(),
});
type Output = z.infer<typeof Output>;

const ACTIONS = ["status", "plan", "start", ...CommandName.options] as const;
type Action = (typeof ACTIONS)[number];
type Options = { model?: string; reason?: string; person?: string };

export function register(program: Program, act: Act): void {
  program
    .command("release")
    .argument("<action>", ACTIONS.join(", "))
    .option(
      "--model <sha256>",
      "of start: the model; of rollback: the one to take away (default: the canary, else the current one)",
    )
    .option("--reason <text>", "why; it is recorded")
    .option("--person <name>", "who says so (default: you)")
    .description("the canary rollout: how it stands, when it is decided, and what a person says to it")
    .action(
      act<Options>(async (context, options, [given]) => {
        const action = actionOf(given);
        const { home, loaded } = await context.load();
        const endpoints = readEndpoints(home);
        const [rollouts, { createEdgeClient }, { artefactStore, openRegistry, releasedStore }, { homeSigner }] =
          await Promise.all([
            import("#workers/rollout.ts"),
            import("#stores/edge.ts"),
            import("#workers/dependencies.ts"),
            import("#local/home.ts"),
          ]);
        const adminSecret = readFileSync(endpoints.adminSecretFile, "utf8").trim();
        const location = { url: endpoints.edge.url, adminSecret };
        const edge = createEdgeClient(location, homeSigner(home));
        const registry = openRegistry(loaded.config.registry, home.registryFile);
        const needs = { edge, registry, endpoints, config: loaded.config };
        const more = await done().catch((error: unknown) => {
          registry.close();
          throw error;
        });
        const report = await rollouts.reportRelease(edge, endpoints);
        const output: Output = { ...report, ...more };
        registry.close();
        return { output, text: described(output, action) };

        async function done(): Promise<Partial<Output>> {
          switch (action) {
            case "status":
              return {};
            case "plan":
              return rollouts.planRelease(edge, loaded.config);
            case "start": {
              const { store, released } = loaded.config;
              const stores = {
                artefacts: artefactStore(store, home.artefacts),
                released: releasedStore(released, location),
              };
              return { started: await rollouts.startRollout({ ...needs, ...stores }, modelOf(options), byOf(options)) };
            }
            case "rollback": {
              const model = options.model === undefined ? undefined : modelOf(options);
              return { seconds: (await rollouts.rollBackRelease(needs, byOf(options), model)).seconds };
            }
            default: {
              const { rolledBack } = await rollouts.tellRollout(endpoints, action, byOf(options));
              return rolledBack ? { seconds: rolledBack.seconds } : {};
            }
          }
        }
      }),
    );
}

function actionOf(given: string | undefined): Action {
  const action = ACTIONS.find((one) => one === given);
  if (action) return action;
  throw new InputError(`there is no action ${given}`, `Actions are ${ACTIONS.join(", ")}.`);
}

function byOf({ reason, person }: Options): Command {
  if (!reason?.trim()) throw new InputError("a reason is missing", "Say why: --reason TEXT. It is recorded.");
  return { person: person ?? userInfo().username, reason };
}

function modelOf({ model }: Options): string {
  const found = Sha256.safeParse(model);
  if (found.success) return found.data;
  throw new InputError(
    model === undefined ? "a model is missing" : `${model} is no digest of a model`,
    "Name it by its SHA-256: --model SHA; haqei status lists the runs' models.",
  );
}

const capital = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);
const at = (ms: number): string => new Date(ms).toISOString().slice(0, 19).replace("T", " ");
const hours = (value: number | null): string => (value === null ? "never" : `${Number(value.toPrecision(3))} h`);

function described(output: Output, action: Action): string {
  const { current, canary, previous, epoch, stage, verdict, rollout, started, seconds } = output;
  const model = (name: string, one: ReleaseReport["current"]) =>
    one ? [[name, one.version, one.sha256.slice(0, 12)]] : [];
  const share = canary ? `, ${canary.basisPoints / 100}% of users` : "";
  const plan = action === "plan" ? planned(output) : [];
  return [
    current
      ? table(
          [`epoch ${epoch}`, "version", "model"],
          [...model("current", current), ...model(`canary${share}`, canary), ...model("previous", previous)],
        )
      : "No model is released.",
    "",
    ...(rollout ? [`Rollout of ${rollout.candidate.version}: ${rollout.state}.`] : ["No rollout is known."]),
    ...(stage
      ? [
          `${capital(placeOf(stage.share))} since ${at(stage.since)} UTC, planned for ${hours(stage.plannedHours)}; next look ${stage.nextLook ? at(stage.nextLook) : "not planned"}.`,
        ]
      : []),
    ...(verdict ? [`Verdict: ${verdict.action} (${verdict.reason}).`] : []),
    ...(rollout?.waiting ? [`Waiting: ${rollout.waiting.version}.`] : []),
    ...(started
      ? [`The candidate ${started === "waiting" ? "waits behind the one that runs" : "is on its way"}.`]
      : []),
    ...(seconds === undefined ? [] : [`Taken back and confirmed by the edge in ${seconds.toFixed(2)} s.`]),
    ...plan,
  ].join("\n");
}

function planned({ plan, traffic }: Output): string[] {
  const { stages, message } = plan as Awaited<ReturnType<typeof import("#workers/rollout.ts").planRelease>>["plan"];
  const { usersPerHour, labelsPerHour } = traffic as { usersPerHour: number; labelsPerHour: number };
  return [
    "",
    table(
      ["stage", "planned", "decided after", "waits for"],
      stages.map((one) => [stageName(one.percentage), hours(one.plannedHours), hours(one.hours), one.waitsFor ?? ""]),
    ),
    "",
    `At ${usersPerHour.toFixed(1)} users and ${labelsPerHour.toFixed(1)} labelled queries an hour: it ${message}.`,
  ];
}
