import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { pictureFile, pictures } from "./pictures.ts";

it.each(Object.entries(pictures()))(
  "docs/images/%s shows the stages as declared (else: npm exec -- node docs/pictures.ts)",
  (name, svg) => {
    expect(readFileSync(pictureFile(name), "utf8")).toBe(svg);
  },
);
