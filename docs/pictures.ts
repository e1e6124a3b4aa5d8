import { writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { readAuthored } from "#datasets/authored.ts";
import { loadConfig } from "#local/config.ts";
import { type Control, live } from "#local/life.ts";
import { lifePicture } from "#local/life-picture.ts";
import { dagPicture } from "#workers/dag-picture.ts";
import { dailyDag } from "#workflows/daily-batch.ts";

/** Pictures of `docs/images/` that are drawn from the code, by file name. Drawn anew by `npm run pictures`. */
export const pictures = (): Record<string, string> => ({ "dag.svg": `${dagPicture(dailyDag)}\n` });

/** Those that show a measurement, which is made anew: 30 simulated days of the example of `haqei init`, and their two controls. */
async function measuredPictures(): Promise<Record<string, string>> {
  const example = fileURLToPath(new URL("../local/example", import.meta.url));
  const { config } = await loadConfig(`${example}/haqei.config.ts`, { env: {} });
  const authored = await readAuthored(`${example}/${config.dataset}`);
  const lifeOf = (control?: Control) =>
    live({ authored, config, days: 30, seed: config.seed, control, from: "2026-01-01", queries: 1200, users: 300, exploration: 0.1 });
  const lives = {
    learning: await lifeOf(),
    "feedback shuffled": await lifeOf("shuffled"),
    "never learns": await lifeOf("frozen"),
  };
  return { "life.svg": `${lifePicture(lives)}\n` };
}

/** Path of a picture. */
export const pictureFile = (name: string): string => fileURLToPath(new URL(`images/${name}`, import.meta.url));

if (process.argv[1] === fileURLToPath(import.meta.url))
  for (const [name, svg] of Object.entries({ ...pictures(), ...(await measuredPictures()) }))
    writeFileSync(pictureFile(name), svg);
