import { getClient } from "@temporalio/activity";
import type { StageCall, StageResult } from "#contracts/run.ts";
import { assess } from "./assess.ts";
import { autoRollback, rolloutDesk } from "./auto-rollback.ts";
import { checkHealth } from "./check-health.ts";
import { collect } from "./collect.ts";
import { deadMan } from "./dead-man.ts";
import { deliver, giveUpMessage, keepMessages } from "./deliver.ts";
import type { Dependencies } from "./dependencies.ts";
import { deploy } from "./deploy.ts";
import { distribute } from "./distribute.ts";
import { emergencyRetrain, retrainStarter } from "./emergency-retrain.ts";
import { keepIncident } from "./keep-incident.ts";
import { callingSettings, keepWatch } from "./keep-watch.ts";
import { look } from "./look.ts";
import { lookup } from "./lookup.ts";
import { type MeasureNeeds, measure } from "./measure.ts";
import { offThread } from "./off-thread.ts";
import { offerRollout } from "./offer-rollout.ts";
import { open } from "./open.ts";
import { openIncident, startIncident } from "./open-incident.ts";
import { openRollout } from "./open-rollout.ts";
import { preprocess } from "./preprocess.ts";
import { publishOperations } from "./publish-operations.ts";
import { publishStatus } from "./publish-status.ts";
import { rebuild } from "./rebuild.ts";
import { type ReportNeeds, reportWeek } from "./report-week.ts";
import { retain } from "./retain.ts";
import { review } from "./review.ts";
import { rollBack } from "./roll-back.ts";
import { runsBetween } from "./runs-between.ts";
import { setShare } from "./set-share.ts";
import { settleRelease } from "./settle-release.ts";
import { stage } from "./stage.ts";
import { standing } from "./standing.ts";
import { train } from "./train.ts";
import { vectors } from "./vectors.ts";

type StageActivity = (call: StageCall) => Promise<StageResult>;

/** Every stage's activity, by the name its declaration uses. */
export interface StageActivities {
  collect: StageActivity;
  preprocess: StageActivity;
  train: StageActivity;
  validate: StageActivity;
  compress: StageActivity;
  deploy: StageActivity;
  distribute: StageActivity;
  assess: StageActivity;
  rebuild: StageActivity;
  vectors: StageActivity;
  review: StageActivity;
}

/** What workflows call around stages. */
export interface Errands {
  standing: ReturnType<typeof standing>;
  open: ReturnType<typeof open>;
  lookup: ReturnType<typeof lookup>;
  openRollout: ReturnType<typeof openRollout>;
  setShare: ReturnType<typeof setShare>;
  checkHealth: ReturnType<typeof checkHealth>;
  look: ReturnType<typeof look>;
  rollBack: ReturnType<typeof rollBack>;
  openIncident: ReturnType<typeof openIncident>;
  publishStatus: ReturnType<typeof publishStatus>;
  settleRelease: ReturnType<typeof settleRelease>;
  retain: ReturnType<typeof retain>;
}

/** What watching calls: measuring, rules, messages, incidents. */
export interface WatchErrands {
  measure: ReturnType<typeof measure>;
  keepWatch: ReturnType<typeof keepWatch>;
  autoRollback: ReturnType<typeof autoRollback>;
  emergencyRetrain: ReturnType<typeof emergencyRetrain>;
  keepMessages: ReturnType<typeof keepMessages>;
  deliver: ReturnType<typeof deliver>;
  giveUpMessage: ReturnType<typeof giveUpMessage>;
  keepIncident: ReturnType<typeof keepIncident>;
  publishOperations: ReturnType<typeof publishOperations>;
  deadMan: ReturnType<typeof deadMan>;
}

/** What the weekly report calls. */
export interface ReportErrands {
  reportWeek: ReturnType<typeof reportWeek>;
}

/** Activities of the queue `pipeline`: errands and light stages. */
export const pipelineActivities = (
  dependencies: Dependencies & Pick<MeasureNeeds, "runs"> & Pick<ReportNeeds, "weekly">,
): Errands & WatchErrands & ReportErrands & Omit<StageActivities, "train"> => ({
  standing: standing(),
  open: open(dependencies),
  lookup: lookup(dependencies),
  retain: retain(dependencies),
  openRollout: openRollout(dependencies),
  setShare: setShare(dependencies),
  checkHealth: checkHealth(dependencies),
  look: look(dependencies),
  rollBack: rollBack(dependencies),
  openIncident: openIncident(dependencies, (incident) =>
    startIncident(getClient(), incident, callingSettings(dependencies.config)),
  ),
  measure: measure(dependencies),
  keepWatch: keepWatch(dependencies),
  autoRollback: autoRollback(dependencies, rolloutDesk(getClient)),
  emergencyRetrain: emergencyRetrain(dependencies, retrainStarter(getClient)),
  keepMessages: keepMessages(dependencies),
  deliver: deliver(dependencies),
  giveUpMessage: giveUpMessage(dependencies),
  keepIncident: keepIncident(dependencies),
  publishOperations: publishOperations(dependencies),
  deadMan: deadMan(dependencies),
  reportWeek: reportWeek(dependencies),
  publishStatus: publishStatus(dependencies),
  settleRelease: settleRelease(dependencies),
  collect: stage(dependencies, collect(dependencies)),
  preprocess: stage(dependencies, preprocess(dependencies)),
  validate: stage(dependencies, offThread("validate")),
  compress: stage(dependencies, offThread("compress")),
  deploy: stage(dependencies, deploy(dependencies)),
  distribute: stage(
    dependencies,
    distribute({ ...dependencies, offer: (candidate) => offerRollout(getClient(), candidate) }),
  ),
  assess: stage(dependencies, assess(dependencies)),
  rebuild: stage(dependencies, rebuild(dependencies)),
  vectors: stage(dependencies, vectors()),
  review: stage(dependencies, review({ ...dependencies, runs: (dates) => runsBetween(getClient(), dates) })),
});

/** Activities of the queue `compute`: training, one at a time. */
export const computeActivities = (dependencies: Dependencies): Pick<StageActivities, "train"> => ({
  train: stage(dependencies, train(dependencies)),
});
