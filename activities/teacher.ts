import type { TeacherConfig } from "#contracts/config.ts";
import { NotReachableError } from "#contracts/errors.ts";
import { cachedEmbeddings, type EmbedHooks, embeddingClient } from "#stores/embeddings.ts";
import type { Teacher } from "#training/teacher.ts";

/** What a training goes by besides its labels, and a clause that says so. */
export interface Teaching {
  readonly teacher?: Teacher;
  /** True where a teacher is configured, did not answer, and is not required. */
  readonly missed: boolean;
  readonly said: string;
}

/**
 * Asks the configured teacher for the embeddings of the training examples, and of queries that it is to label; what it said before, under the same model's name, is
 * read from the cache file. Throws NotReachableError where it is required and does not answer, InputError where it refuses.
 */
export async function askTeacher(
  config: TeacherConfig,
  { texts, unjudged = [] }: { texts: readonly string[]; unjudged?: readonly string[] },
  cache: string,
  hooks: EmbedHooks = {},
  env: NodeJS.ProcessEnv = process.env,
): Promise<Teaching> {
  const { url, model, batch, prefix, mix, margin, dropout, required, timeoutSeconds, apiKeyVariable } = config;
  if (!url) return { missed: false, said: "no teacher" };
  const apiKey = env[apiKeyVariable];
  const client = embeddingClient({
    url,
    model,
    batch,
    timeoutMs: 1000 * timeoutSeconds,
    ...(apiKey ? { apiKey } : {}),
  });
  try {
    const vectors = await cachedEmbeddings(cache, client).embed(
      [...texts, ...unjudged].map((text) => prefix + text),
      hooks,
    );
    const embeddings = matrixOf(vectors.slice(0, texts.length));
    const { weight, confidence } = config.unjudged;
    const labels = { texts: unjudged, embeddings: matrixOf(vectors.slice(texts.length)), weight, confidence };
    const teacher = { embeddings, mix, margin, dropout, ...(unjudged.length > 0 ? { unjudged: labels } : {}) };
    return { teacher, missed: false, said: `taught by ${model}` };
  } catch (error) {
    if (required || !(error instanceof NotReachableError)) throw error;
    return { missed: true, said: `without its teacher: ${error.message}` };
  }
}

/** Vectors of one length, row by row. */
function matrixOf(vectors: readonly Float32Array[]): Float32Array {
  const dimension = vectors[0]?.length ?? 0;
  const matrix = new Float32Array(vectors.length * dimension);
  for (const [row, vector] of vectors.entries()) matrix.set(vector, row * dimension);
  return matrix;
}
