import { Command, CommanderError } from "commander";
import * as accuracy from "./commands/accuracy.ts";
import * as alerts from "./commands/alerts.ts";
import * as audit from "./commands/audit.ts";
import * as backfill from "./commands/backfill.ts";
import * as backup from "./commands/backup.ts";
import * as chaos from "./commands/chaos.ts";
import * as classify from "./commands/classify.ts";
import * as compare from "./commands/compare.ts";
import * as config from "./commands/config.ts";
import * as cost from "./commands/cost.ts";
import * as coverage from "./commands/coverage.ts";
import * as dataset from "./commands/dataset.ts";
import * as doctor from "./commands/doctor.ts";
import * as evaluate from "./commands/evaluate.ts";
import * as experiment from "./commands/experiment.ts";
import * as gate from "./commands/gate.ts";
import * as incidents from "./commands/incidents.ts";
import * as init from "./commands/init.ts";
import * as judge from "./commands/judge.ts";
import * as lineage from "./commands/lineage.ts";
import * as logs from "./commands/logs.ts";
import * as recover from "./commands/recover.ts";
import * as release from "./commands/release.ts";
import * as report from "./commands/report.ts";
import * as rerun from "./commands/rerun.ts";
import * as retention from "./commands/retention.ts";
import * as run from "./commands/run.ts";
import * as schedules from "./commands/schedules.ts";
import * as simulate from "./commands/simulate.ts";
import * as start from "./commands/start.ts";
import * as status from "./commands/status.ts";
import * as stop from "./commands/stop.ts";
import * as train from "./commands/train.ts";
import {
  type Act,
  acting,
  type ExitStatus,
  errorDocument,
  type Streams,
  standardStreams,
  statusOf,
} from "./context.ts";

/** Commands in the order in which help lists them. */
const COMMANDS: readonly { register(program: Command, act: Act): void }[] = [
  init,
  start,
  stop,
  status,
  run,
  backfill,
  rerun,
  schedules,
  retention,
  dataset,
  train,
  evaluate,
  classify,
  compare,
  lineage,
  judge,
  gate,
  accuracy,
  coverage,
  simulate,
  cost,
  report,
  experiment,
  release,
  alerts,
  incidents,
  recover,
  config,
  backup,
  chaos,
  audit,
  doctor,
  logs,
];

/** Runs one command line (without node and script). @returns the exit status. */
export async function main(args: readonly string[], streams: Streams = standardStreams): Promise<ExitStatus> {
  let exit: ExitStatus = 0;
  const json = args.includes("--json");
  const program = new Command("haqei")
    .description("The whole life of a small text classifier at the edge: trained, proved, released and watched.")
    .option("--json", "one JSON document on standard output, everything else on standard error")
    .option("--debug", "with errors, where they come from")
    .option("--config <file>", "the config (default: haqei.config.ts here or in a parent folder)")
    .option("--home <folder>", "where servers, stores and logs live (default: HAQEI_HOME, or .haqei beside the config)")
    .configureOutput({ writeOut: streams.out, writeErr: json ? () => undefined : streams.err })
    .showHelpAfterError("`npx haqei --help` lists the commands.")
    .exitOverride();
  const act = acting(streams, (status) => {
    exit = status;
  });
  for (const command of COMMANDS) command.register(program, act);

  try {
    await program.parseAsync([...args], { from: "user" });
    return exit;
  } catch (error) {
    const failed = statusOf(error);
    // Help and version end that way as well; commander has told people about its own errors.
    if (failed === 0 || (error instanceof CommanderError && !json)) return failed;
    const document = errorDocument(error);
    if (json) streams.out(`${JSON.stringify(document)}\n`);
    else streams.err(`${document.error.name}: ${document.error.message}\n${document.error.hint}\n`);
    if (args.includes("--debug") && error instanceof Error) streams.err(`${error.stack}\n`);
    return failed;
  }
}
