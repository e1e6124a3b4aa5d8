import { z } from "zod";
import { Language, MAX_TEXT } from "./event.ts";
import { Sha256 } from "./reference.ts";

const Ranked = z.array(z.object({ id: z.number().int().min(1), score: z.number().min(0).max(1) }));

/**
 * A query to which two models gave different first answers. `textHash` and `at` are those of the answer's `served`, by which
 * feedback on it is found; where both models agree their accuracy is the same, so that only these want a label.
 */
export const Disagreement = z.object({
  /** Epoch of the pointer that named the shadow. */
  epoch: z.number().int().nonnegative(),
  /** Of this user's queries the first that both models answered: only these are counted, so that a user counts once. */
  first: z.boolean(),
  /** The class that somebody found right, 0 for none of those shown; absent while nobody looked. */
  label: z.number().int().nonnegative().optional(),
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

/** A line of `GET /admin/shadow`. */
export const KeptDisagreement = Disagreement.extend({ seq: z.number().int().positive() });
export type KeptDisagreement = z.infer<typeof KeptDisagreement>;

/** `POST /admin/shadow/labels`: which class is right, 0 for none of those shown. A later label takes an earlier one's place. */
export const ShadowLabels = z.strictObject({
  by: z.string().min(1).max(100),
  labels: z
    .array(z.strictObject({ seq: z.number().int().positive(), label: z.number().int().nonnegative() }))
    .min(1)
    .max(1000),
});
export type ShadowLabels = z.infer<typeof ShadowLabels>;

const Count = z.number().int().nonnegative();

/** `GET /admin/shadow/counts?from=EPOCH`: pairs of models since the pointer had this epoch, over users. */
export const ShadowCounts = z.object({
  pairs: z.array(
    z.object({
      model: Sha256,
      shadow: Sha256,
      /** Users who had an id; of them those for whom the shadow failed at least once, and the shown model did. */
      users: Count,
      usersFailed: Count,
      usersCurrentFailed: Count,
      /** Users' first queries that both answered, and those of them that differed. */
      compared: Count,
      differed: Count,
      /** Of what differed, labels: how many, and on how many the shadow alone was wrong, or alone right. */
      labelled: z.object({ n: Count, worse: Count, better: Count }),
      /** Queries, of those without an id as well. */
      agreed: Count,
      disagreed: Count,
      failed: Count,
    }),
  ),
});
export type ShadowCounts = z.infer<typeof ShadowCounts>;
