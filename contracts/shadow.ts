import { z } from "zod";
import { Language, MAX_TEXT } from "./event.ts";
import { Sha256 } from "./reference.ts";

const Ranked = z.array(z.object({ id: z.number().int().min(1), score: z.number().min(0).max(1) }));

/**
 * A query to which two models gave different first answers. `textHash` and `at` are those of the answer's `served`, by which
 * feedback on it is found; where both models agree their accuracy is the same, so that only these want a label.
 */
export const Disagreement = z.object({
  textHash: z.string(),
  at: z.number().int().nonnegative(),
  lang: Language,
  model: Sha256,
  answers: Ranked,
  shadow: Sha256,
  shadowAnswers: Ranked,
  /** Salted hash of the user's id. */
  user: z.string().optional(),
  /** Only with the user's consent. */
  text: z.string().max(MAX_TEXT).optional(),
});
export type Disagreement = z.infer<typeof Disagreement>;

/** `GET /admin/shadow/counts`: pairs of models, over users. */
export const ShadowCounts = z.object({
  pairs: z.array(
    z.object({
      model: Sha256,
      shadow: Sha256,
      users: z.number().int().nonnegative(),
      agreed: z.number().int().nonnegative(),
      disagreed: z.number().int().nonnegative(),
    }),
  ),
});
export type ShadowCounts = z.infer<typeof ShadowCounts>;
