import { hex } from "./keys.ts";

/** After a failed load the store is left alone for so long. */
const RETRY_MS = 2000;

/** Where an artefact lies in R2; the offline half uploads to the same place. */
export const artefactKey = (sha256: string): string => `artefacts/${sha256}`;

export interface Residents<T> {
  /** What is in memory under this digest. */
  peek(sha256: string): T | undefined;
  /** The last load of it failed. */
  hasFailed(sha256: string): boolean;
  /** Loads from R2, once however many ask; rejects where it is missing, too large, or not what its name says. */
  load(env: Env, sha256: string): Promise<T>;
  /** Lets go of all but these. */
  keep(sha256s: readonly string[]): void;
  /** What all that is in memory takes there, about. */
  bytes(): number;
}

async function fetchVerified(env: Env, sha256: string, maximumBytes: number): Promise<Uint8Array<ArrayBuffer>> {
  const object = await env.ARTEFACTS.get(artefactKey(sha256));
  if (object === null) throw new Error(`no artefact ${sha256} in R2`);
  if (object.size > maximumBytes) {
    await object.body.cancel();
    throw new Error(`artefact ${sha256} has ${object.size} bytes, over the limit of ${maximumBytes}`);
  }
  const bytes = new Uint8Array(await object.arrayBuffer());
  const digest = hex(new Uint8Array(await crypto.subtle.digest("SHA-256", bytes)));
  if (digest !== sha256) throw new Error(`artefact ${sha256} holds bytes of digest ${digest}`);
  return bytes;
}

/**
 * Artefacts of one kind that this isolate holds in memory, by digest.
 *
 * @param decode what makes a value of verified bytes
 * @param bytesOf what a value takes in memory, about, given the length of its artefact; what would lead over the budget is refused
 * @param onLoad told of each outcome
 * @param refusal why an artefact may not be used, or undefined; asked while its bytes are fetched
 */
export function createResidents<T>(
  decode: (bytes: Uint8Array<ArrayBuffer>) => T,
  bytesOf: (value: T, artefactBytes: number) => number,
  onLoad: (outcome: "loaded" | "failed") => void,
  refusal: (env: Env, sha256: string) => Promise<string | undefined> = async () => undefined,
): Residents<T> {
  const resident = new Map<string, T>();
  const sizes = new Map<string, number>();
  const loading = new Map<string, Promise<T>>();
  const failed = new Map<string, { at: number; error: unknown }>();

  const held = () => [...sizes.values()].reduce((sum, size) => sum + size, 0);

  async function fetchAndDecode(env: Env, sha256: string): Promise<T> {
    try {
      const [bytes, refused] = await Promise.all([
        fetchVerified(env, sha256, Number(env.MODEL_MAX_BYTES)),
        refusal(env, sha256),
      ]);
      if (refused !== undefined) throw new Error(refused);
      const value = decode(bytes);
      const size = bytesOf(value, bytes.byteLength);
      const budget = Number(env.MEMORY_BUDGET_BYTES);
      if (held() + size > budget) {
        throw new Error(`artefact ${sha256} takes ${size} bytes of memory; with it more than ${budget} would be held`);
      }
      resident.set(sha256, value);
      sizes.set(sha256, size);
      failed.delete(sha256);
      onLoad("loaded");
      return value;
    } catch (error) {
      failed.set(sha256, { at: Date.now(), error });
      onLoad("failed");
      console.error("an artefact could not be loaded", error);
      throw error;
    } finally {
      loading.delete(sha256);
    }
  }

  return {
    bytes: held,
    peek: (sha256) => resident.get(sha256),
    hasFailed: (sha256) => failed.has(sha256),
    keep(sha256s) {
      for (const sha256 of resident.keys()) {
        if (sha256s.includes(sha256)) continue;
        resident.delete(sha256);
        sizes.delete(sha256);
      }
    },
    load(env, sha256) {
      const value = resident.get(sha256);
      if (value !== undefined) return Promise.resolve(value);
      const failure = failed.get(sha256);
      if (failure !== undefined && Date.now() - failure.at < RETRY_MS) return Promise.reject(failure.error);
      const flight = loading.get(sha256) ?? fetchAndDecode(env, sha256);
      loading.set(sha256, flight);
      return flight;
    },
  };
}
