import { getClient } from "@temporalio/activity";
import type { StageCall, StageResult } from "#contracts/run.ts";
import { checkHealth } from "./check-health.ts";
import { collect } from "./collect.ts";
import { compress } from "./compress.ts";
import type { Dependencies } from "./dependencies.ts";
import { deploy } from "./deploy.ts";
import { distribute } from "./distribute.ts";
import { look } from "./look.ts";
import { lookup } from "./lookup.ts";
import { type MeasureNeeds, measure } from "./measure.ts";
import { offerRollout } from "./offer-rollout.ts";
import { open } from "./open.ts";
import { openIncident } from "./open-incident.ts";
import { openRollout } from "./open-rollout.ts";
import { preprocess } from "./preprocess.ts";
import { publishStatus } from "./publish-status.ts";
import { retainModels } from "./retain-models.ts";
import { rollBack } from "./roll-back.ts";
import { setShare } from "./set-share.ts";
import { settleRelease } from "./settle-release.ts";
import { stage } from "./stage.ts";
import { standing } from "./standing.ts";
import { train } from "./train.ts";
import { validate } from "./validate.ts";

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
}

/** What the watch looks at. */
export interface Measuring {
  measure: ReturnType<typeof measure>;
}

/** What keeps a home small. */
export interface Upkeep {
  retainModels: ReturnType<typeof retainModels>;
}

/** Activities of the queue `pipeline`: errands and light stages. */
export const pipelineActivities = (
  dependencies: Dependencies & Pick<MeasureNeeds, "runs">,
): Errands & Measuring & Upkeep & Omit<StageActivities, "train"> => ({
  measure: measure(dependencies),
  standing: standing(),
  open: open(dependencies),
  lookup: lookup(dependencies),
  retainModels: retainModels(dependencies),
  openRollout: openRollout(dependencies),
  setShare: setShare(dependencies),
  checkHealth: checkHealth(dependencies),
  look: look(dependencies),
  rollBack: rollBack(dependencies),
  openIncident: openIncident(dependencies),
  publishStatus: publishStatus(dependencies),
  settleRelease: settleRelease(dependencies),
  collect: stage(dependencies, collect(dependencies)),
  preprocess: stage(dependencies, preprocess(dependencies)),
  validate: stage(dependencies, validate()),
  compress: stage(dependencies, compress()),
  deploy: stage(dependencies, deploy(dependencies)),
  distribute: stage(
    dependencies,
    distribute({ ...dependencies, offer: (candidate) => offerRollout(getClient(), candidate) }),
  ),
});

/** Activities of the queue `compute`: training, one at a time. */
export const computeActivities = (dependencies: Dependencies): Pick<StageActivities, "train"> => ({
  train: stage(dependencies, train(dependencies)),
});
