import { writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { dagPicture } from "#workers/dag-picture.ts";
import { dailyDag } from "#workflows/daily-batch.ts";

/** Pictures of `docs/images/` that are drawn from the code, by file name. Drawn anew by `npm exec -- node docs/pictures.ts`. */
export const pictures = (): Record<string, string> => ({ "dag.svg": `${dagPicture(dailyDag)}\n` });

/** Path of a picture. */
export const pictureFile = (name: string): string => fileURLToPath(new URL(`images/${name}`, import.meta.url));

if (process.argv[1] === fileURLToPath(import.meta.url))
  for (const [name, svg] of Object.entries(pictures())) writeFileSync(pictureFile(name), svg);
