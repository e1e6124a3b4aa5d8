import { z } from "zod";
import { Localised, LocalisedNames } from "./line.ts";

/** What the edge shows beside a predicted line; an artefact of its own (kind `readings`, JSON), not inside the model. */
export const LineReading = z.object({
  id: z.number().int().min(1).max(384),
  hexagram: z.number().int().min(1).max(64),
  position: z.number().int().min(1).max(6),
  label: z.string(),
  names: LocalisedNames,
  stage: Localised,
  shin: Localised,
  hen: Localised,
  changedTo: z.number().int().min(1).max(64),
});
export type LineReading = z.infer<typeof LineReading>;

export const Readings = z.object({ schema: z.literal(1), lines: z.array(LineReading) });
export type Readings = z.infer<typeof Readings>;
