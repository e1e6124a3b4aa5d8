import { hex } from "./keys.ts";
import { type LoadedModel, loadModel } from "./loaded-model.ts";

export interface Fallback {
  /** The bundled model, decoded at first need; undefined where none was built in or it cannot be read. */
  get(): Promise<{ sha256: string; model: LoadedModel } | undefined>;
}

/** The model that ships with the code, for the first requests and for every failure after them. */
export function createFallback(bytes: ArrayBuffer): Fallback {
  let decoded: ReturnType<Fallback["get"]> | undefined;
  async function decodeOnce() {
    if (bytes.byteLength === 0) return undefined;
    try {
      const digest = await crypto.subtle.digest("SHA-256", bytes);
      return { sha256: hex(new Uint8Array(digest)), model: loadModel(new Uint8Array(bytes)) };
    } catch (error) {
      console.error("the bundled fallback model cannot be read", error);
      return undefined;
    }
  }
  return {
    get() {
      decoded ??= decodeOnce();
      return decoded;
    },
  };
}
