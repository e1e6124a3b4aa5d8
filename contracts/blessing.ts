import { z } from "zod";
import { canonicalJson } from "./canonical-json.ts";
import { Metrics } from "./manifest.ts";
import { Sha256 } from "./reference.ts";

/** What is vouched for: that this model, judged by this code and policy on these queries, passed with these figures. */
export const BlessingClaim = z.strictObject({
  schema: z.literal(1),
  /** The model as it is shipped. */
  artefact: Sha256,
  /** The frozen queries it was measured on. */
  evaluationSet: Sha256,
  /** The code that measured and judged. */
  code: Sha256,
  /** The limits it was judged by. */
  policy: Sha256,
  metrics: Metrics,
  at: z.iso.datetime(),
});
export type BlessingClaim = z.infer<typeof BlessingClaim>;

/** Proof that a model passed the gates. Beside the model in R2 and in the artefact store; without one nothing is served. */
export const Blessing = BlessingClaim.extend({
  /** Ed25519 over `blessingText`, base64url. */
  signature: z.string().max(100),
});
export type Blessing = z.infer<typeof Blessing>;

/** What a blessing's signature covers: all of the claim, told apart from anything else signed by the same key. */
export const blessingText = (claim: BlessingClaim): string =>
  `haqei-blessing-1\n${canonicalJson(BlessingClaim.strip().parse(claim))}`;

/** Where a model's blessing lies, in a bucket or below a folder. */
export const blessingName = (model: string): string => `blessings/${model}`;
