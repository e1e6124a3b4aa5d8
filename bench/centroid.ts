import { createExtractor } from "#model/features.ts";
import { normalise } from "#model/normalise.ts";
import { createVectoriser } from "#model/vector.ts";
import { buildProblem, buildVocabulary, type LabelledText } from "#training/problem.ts";

/** A peer without fitting: the class whose mean TF-IDF vector has the highest cosine with the text's (Rocchio), on our features. */
export function nearestCentroid(
  examples: readonly LabelledText[],
  classes: readonly string[],
): (text: string) => string {
  const vocabulary = buildVocabulary(examples, { count: 0 });
  const { offsets, indices, values, targets, size } = buildProblem(examples, classes, vocabulary);
  const centroids = classes.map(() => new Float32Array(vocabulary.keys.length));
  for (let row = 0; row < size; row += 1) {
    const centroid = centroids[targets[row] as number] as Float32Array;
    for (let at = offsets[row] as number; at < (offsets[row + 1] as number); at += 1) {
      const feature = indices[at] as number;
      centroid[feature] = (centroid[feature] as number) + (values[at] as number);
    }
  }
  const lengths = centroids.map((centroid) => Math.sqrt(centroid.reduce((sum, value) => sum + value * value, 0)) || 1);
  const { extract } = createExtractor();
  const { vectorise } = createVectoriser(vocabulary.keys, vocabulary.idf);
  return (text) => {
    const { length, indices: own, values: weights } = vectorise(extract(normalise(text)));
    const cosines = centroids.map((centroid, index) => {
      let product = 0;
      for (let at = 0; at < length; at += 1)
        product += (centroid[own[at] as number] as number) * (weights[at] as number);
      return product / (lengths[index] as number);
    });
    return classes[cosines.indexOf(Math.max(...cosines))] as string;
  };
}
