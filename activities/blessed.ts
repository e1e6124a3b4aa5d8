import { Blessing } from "#contracts/blessing.ts";
import { BlessingError } from "#contracts/errors.ts";
import { blessingFault } from "#policy/blessing.ts";
import type { Dependencies } from "./dependencies.ts";
import { jsonOf } from "./stage.ts";

/**
 * The blessing of a model that is about to be released, checked against what it must be about.
 *
 * @param proof digest of the blessing's artefact, as the decision names it
 * @throws BlessingError where there is none, nobody trusted signed it, or it is for another model or policy
 */
export async function demandBlessing(
  { artefacts, signer }: Pick<Dependencies, "artefacts" | "signer">,
  model: string,
  proof: string | undefined,
  policy: string,
): Promise<Blessing> {
  const document = proof === undefined ? undefined : jsonOf(await artefacts.get({ sha256: proof }));
  const fault = await blessingFault(document, { artefact: model, policy }, signer.verify);
  if (fault === undefined) return Blessing.parse(document);
  throw new BlessingError(fault, "Have it judged again: haqei run daily --again --force-from deploy.");
}
