import { resolve } from "node:path";
import type { ArtefactReference } from "#contracts/reference.ts";
import type { OpenedRun, RunInput } from "#contracts/run.ts";
import { toArrow } from "#datasets/arrow.ts";
import { readAuthored } from "#datasets/authored.ts";
import { addDays, startOfDate } from "#policy/logical-date.ts";
import { planOf } from "#policy/run-plan.ts";
import { currentRun, serverTime } from "./current-run.ts";
import type { Dependencies } from "./dependencies.ts";
import { named } from "./failure.ts";
import { parentOf } from "./parent.ts";
import { jsonBytes } from "./stage.ts";

/**
 * Opens a run: freezes the authored data with its readings and keywords, and which users had their events deleted, as artefacts, notes which model serves now, and hands out the settings
 * that every stage will use, whatever becomes of the config meanwhile.
 */
export const open =
  (dependencies: Dependencies) =>
  (run: RunInput, stages: string[]): Promise<OpenedRun> =>
    named(async () => {
      const { config, directory, artefacts, picture } = dependencies;
      const folder = resolve(directory, run.dataset ?? config.dataset);
      const { examples, classes, readings, keywords } = await readAuthored(folder);
      const provenance = { producedBy: "open", parents: [], codeDigest: "", configDigest: "", metrics: {} };
      const sources: Record<string, ArtefactReference> = {
        authored: await artefacts.put("dataset", toArrow({ examples, classes }), {
          ...provenance,
          metrics: { examples: examples.length, classes: classes.length },
        }),
      };
      sources.keywords = await artefacts.put("keywords", jsonBytes(keywords), provenance);
      sources.erasures = await artefacts.put("erasures", jsonBytes(await dependencies.edge.erasures()), provenance);
      if (readings) sources.readings = await artefacts.put("readings", jsonBytes(readings), provenance);
      const current = await currentModel(dependencies);
      if (current) sources.current = current;
      const parent = await parentOf(dependencies, run, current, sources.authored as ArtefactReference);
      if (parent) sources.parent = parent;
      const dictionary = await servedDictionary(dependencies);
      if (dictionary) sources.dictionary = dictionary;
      const { minutes, windowMinutes, windowDays } = planOf(config, run.kind);
      const page = picture(currentRun().workflowId);
      return {
        sources,
        settings: {
          timezone: config.timezone,
          daily: config.daily,
          weekly: config.weekly,
          accuracy: config.accuracy,
          preprocess: { ...config.preprocess, windowDays },
          dictionary: config.dictionary,
          warm: config.warm,
          training: config.training,
          compression: config.compression,
          teacher: config.teacher,
          learning: config.learning,
          deploy: config.deploy,
          release: config.release,
          distribute: config.distribute,
        },
        minutes: Object.fromEntries(
          stages.flatMap((name) => (minutes[name] === undefined ? [] : [[name, minutes[name]]])),
        ),
        windowMinutes,
        partial: serverTime() < startOfDate(addDays(run.date, 1), config.timezone),
        ...(page ? { picture: page } : {}),
      };
    });

/** The keyword dictionary that serves now; undefined where none does. */
async function servedDictionary({ edge, artefacts, released }: Dependencies): Promise<ArtefactReference | undefined> {
  const sha256 = (await edge.pointer())?.dictionary;
  if (sha256 === undefined) return undefined;
  return copied({ artefacts, released }, sha256);
}

/** The model that serves now, copied into the artefact store where only the edge has it; undefined before the first release. */
async function currentModel({ edge, artefacts, released }: Dependencies): Promise<ArtefactReference | undefined> {
  const pointer = await edge.pointer();
  if (!pointer) return undefined;
  return copied({ artefacts, released }, pointer.current.sha256);
}

async function copied(
  { artefacts, released }: Pick<Dependencies, "artefacts" | "released">,
  sha256: string,
): Promise<ArtefactReference> {
  const from = (await artefacts.has({ sha256 })) ? artefacts : released;
  const [bytes, manifest] = await Promise.all([from.get({ sha256 }), from.manifest({ sha256 })]);
  return artefacts.put(manifest.kind, bytes, manifest);
}
