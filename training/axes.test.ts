import { describe, expect, test } from "vitest";
import { TrainingConfig } from "#contracts/config.ts";
import { decodeModel } from "#model/codec.ts";
import { reviewVectors } from "./axes.ts";
import { train } from "./train.ts";

const examples = ["red", "green", "blue", "black"].flatMap((label, at) =>
  Array.from({ length: 6 }, (_, n) => ({ label, text: `${label} ${label}ish thing number ${n} of ${at}`, weight: 1 })),
);

describe("the review of vectors", () => {
  test("holds more variance on more axes, and all on as many as there are classes to tell apart", async () => {
    const { model } = await train({ examples, options: TrainingConfig.parse({ epochs: 4 }), seed: 1 });
    const of = (max_dimension: number, min_variance_explained: number) =>
      reviewVectors(decodeModel(model), examples, { max_dimension, min_variance_explained });
    const [one, three] = [of(1, 0.99), of(50, 0.99999)];
    expect(one.optimal_dim).toBe(1);
    expect(one.enough).toBe(false);
    expect(three.variance_retained).toBeGreaterThan(one.variance_retained);
    expect(three.variance_retained).toBeGreaterThan(0.99);
    expect(three.optimal_dim).toBeLessThanOrEqual(three.original_dim);
    expect(three.size_mb).toBeGreaterThan(one.size_mb);
  });
});
