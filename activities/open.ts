import { resolve } from "node:path";
import type { ArtefactReference } from "#contracts/reference.ts";
import type { OpenedRun, RunInput } from "#contracts/run.ts";
import { toArrow } from "#datasets/arrow.ts";
import { readAuthored } from "#datasets/authored.ts";
import { addDays, startOfDate } from "#policy/logical-date.ts";
import { windowMinutes } from "#policy/window.ts";
import { currentRun } from "./current-run.ts";
import type { Dependencies } from "./dependencies.ts";
import { named } from "./failure.ts";
import { jsonBytes } from "./stage.ts";

/**
 * Opens a run: freezes the authored data with its readings and keywords, and which users had their events deleted, as artefacts, notes which model serves now, and hands out the settings
 * that every stage will use, whatever becomes of the config meanwhile.
 */
export const open =
  (dependencies: Dependencies) =>
  (run: RunInput, stages: string[]): Promise<OpenedRun> =>
    named(async () => {
      const { config, directory, artefacts, now, picture } = dependencies;
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
      const planned: Record<string, number> = config.daily.stages;
      const page = picture(currentRun().workflowId);
      return {
        sources,
        settings: {
          timezone: config.timezone,
          preprocess: config.preprocess,
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
          stages.flatMap((name) => (planned[name] === undefined ? [] : [[name, planned[name]]])),
        ),
        windowMinutes: windowMinutes(config.daily.window),
        partial: now() < startOfDate(addDays(run.date, 1), config.timezone),
        ...(page ? { picture: page } : {}),
      };
    });

/** The model that serves now, copied into the artefact store where only the edge has it; undefined before the first release. */
async function currentModel({ edge, artefacts, released }: Dependencies): Promise<ArtefactReference | undefined> {
  const pointer = await edge.pointer();
  if (!pointer) return undefined;
  const { sha256 } = pointer.current;
  const from = (await artefacts.has({ sha256 })) ? artefacts : released;
  const [bytes, manifest] = await Promise.all([from.get({ sha256 }), from.manifest({ sha256 })]);
  return artefacts.put("model", bytes, manifest);
}
