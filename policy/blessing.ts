import { Blessing, blessingText } from "#contracts/blessing.ts";
import { type Pointer, pointerText } from "#contracts/pointer.ts";

/** Whether `signature` (base64url) over `text` was made by a key that is trusted here. */
export type Verify = (text: string, signature: string) => boolean | Promise<boolean>;

/** What a blessing must be about; what is left out is not asked for. */
export interface Blessed {
  artefact: string;
  evaluationSet?: string;
  code?: string;
  policy?: string;
}

/**
 * Why a blessing does not cover a model, or undefined where it does. Absence is a fault like any other.
 *
 * @param document what lies where the blessing should be, or undefined
 */
export async function blessingFault(document: unknown, expected: Blessed, verify: Verify): Promise<string | undefined> {
  const model = expected.artefact.slice(0, 12);
  if (document === undefined) return `model ${model} has no blessing`;
  const parsed = Blessing.safeParse(document);
  if (!parsed.success) return `the blessing of model ${model} cannot be read`;
  const blessing = parsed.data;
  // The signature first: of a text that nobody signed nothing is worth saying.
  if (!(await verify(blessingText(blessing), blessing.signature)))
    return `the blessing of model ${model} is not signed by a key that is trusted here`;
  for (const about of ["artefact", "evaluationSet", "code", "policy"] as const) {
    const wanted = expected[about];
    if (wanted !== undefined && blessing[about] !== wanted)
      return `the blessing of model ${model} is for another ${NAMES[about]} (${blessing[about].slice(0, 12)})`;
  }
  return undefined;
}

const NAMES = { artefact: "model", evaluationSet: "evaluation set", code: "code", policy: "policy" } as const;

/** Why nobody answers for a pointer, or undefined where a trusted key signed it. */
export async function pointerFault(pointer: Pointer, verify: Verify): Promise<string | undefined> {
  if (pointer.signature === undefined) return "the pointer is not signed";
  if (await verify(pointerText(pointer), pointer.signature)) return undefined;
  return "the pointer is not signed by a key that is trusted here, or was changed since";
}
