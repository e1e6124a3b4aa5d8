import { z } from "zod";
import { Language } from "./event.ts";

export const Split = z.enum(["train", "live", "dev", "test", "contrast"]);
export type Split = z.infer<typeof Split>;

/** A labelled query. `label` is the class's name: for the 384 lines the line's id in decimal. */
export const Example = z.object({
  id: z.string().min(1),
  label: z.string().min(1).max(200),
  text: z.string().min(1),
  lang: Language.or(z.literal("und")),
  split: Split,
  /** How much it counts in training, above 0. */
  weight: z.number().positive(),
  /** Who wrote it: an author a query, a line's reading or its keywords; or it was learnt from users, or labelled by the teacher alone. */
  source: z.enum(["authored", "reading", "keywords", "feedback", "teacher"]),
  /** One concrete situation; its paraphrases never cross splits. */
  family: z.string(),
  /** Labels that count as right as well where answers are graded. */
  acceptable: z.array(z.string()),
});
export type Example = z.infer<typeof Example>;

/** Queries with consent that nobody judged, those of most users first (kind `queries`, JSON). */
export const UnjudgedQueries = z.array(z.object({ text: z.string().min(1), lang: Language }));
export type UnjudgedQueries = z.infer<typeof UnjudgedQueries>;
