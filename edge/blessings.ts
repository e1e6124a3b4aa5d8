import { blessingName } from "#contracts/blessing.ts";
import { blessingFault } from "#policy/blessing.ts";
import { verifierOf } from "./signatures.ts";

const LARGEST = 65_536;

/** What lies where a model's blessing should: undefined for nothing, null for what is none. */
async function blessingOf(env: Env, sha256: string): Promise<unknown> {
  const object = await env.ARTEFACTS.get(blessingName(sha256));
  if (object === null) return undefined;
  if (object.size > LARGEST) {
    await object.body.cancel();
    return null;
  }
  return object.json().catch(() => null);
}

/** Why a model may not be served, or undefined where a trusted key blessed it. */
export const unblessed = async (env: Env, sha256: string): Promise<string | undefined> =>
  blessingFault(await blessingOf(env, sha256), { artefact: sha256 }, verifierOf(env));
