import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { TrainingConfig } from "#contracts/config.ts";
import { InputError } from "#contracts/errors.ts";
import { decodeModel } from "#model/codec.ts";
import { hashedEmbedding } from "#stores/test-support/embeddings-server.ts";
import { buildProblem, type LabelledText, writeWanted } from "./problem.ts";
import { foldsByFamily, labelUnjudged, softLabels } from "./teacher.ts";
import { tinyDev, tinyExamples } from "./test-support/tiny.ts";
import { type Progress, type TrainInput, train } from "./train.ts";

const matrix = (examples: readonly LabelledText[]): Float32Array =>
  Float32Array.from(examples.flatMap(({ text }) => hashedEmbedding(text)));
const teacherOf = (examples: readonly LabelledText[]) => ({ embeddings: matrix(examples), mix: 0.6, margin: 0.7 });
const classes = ["food", "money", "travel", "weather"];
/** Two texts a family. */
const paired = tinyExamples.map((example, at) => ({ ...example, family: `family ${Math.floor(at / 2)}` }));

/** Examples of a few labels whose families hold one to many texts, in any order, some across labels. */
const anyExamples = fc
  .array(
    fc.record({
      label: fc.constantFrom(...classes),
      text: fc.string({ minLength: 1 }),
      family: fc.constantFrom(..."abcdefgh"),
    }),
    { minLength: 6, maxLength: 40 },
  )
  .map((rows): LabelledText[] => rows);

describe("foldsByFamily", () => {
  test("a family is in one fold, and no fold has two families more than another", () => {
    fc.assert(
      fc.property(anyExamples, (examples) => {
        const folds = foldsByFamily(examples);
        const foldOf = new Map<string | undefined, number>();
        for (const [row, { family }] of examples.entries()) {
          expect(foldOf.get(family) ?? folds[row]).toBe(folds[row]);
          foldOf.set(family, folds[row] as number);
        }
        const sizes = [0, 1, 2, 3, 4].map((fold) => [...foldOf.values()].filter((own) => own === fold).length);
        expect(Math.max(...sizes) - Math.min(...sizes)).toBeLessThanOrEqual(1);
      }),
    );
  });

  test("the families of one label are shared out", () => {
    expect(new Set(foldsByFamily(tinyExamples).subarray(0, 5)).size).toBe(5);
  });
});

describe("softLabels", () => {
  test("a text's own family never contributes to its soft label", () => {
    fc.assert(
      fc.property(
        anyExamples,
        fc.nat(),
        fc.array(fc.double({ min: -1, max: 1, noNaN: true }), { minLength: 32, maxLength: 32 }),
        (examples, pick, noise) => {
          const at = pick % examples.length;
          const { family } = examples[at] as LabelledText;
          const known = { embeddings: matrix(examples), mix: 0.6, margin: 0.7 };
          // The rest of the family says something else, and is labelled otherwise.
          const changed = examples.map((example, row) =>
            example.family === family && row !== at ? { ...example, weight: 3 } : example,
          );
          const embeddings = known.embeddings.map((value, cell) => {
            const row = Math.floor(cell / 32);
            return examples[row]?.family === family && row !== at ? (noise[cell % 32] as number) : value;
          });
          const before = softLabels(examples, classes, known);
          const after = softLabels(changed, classes, { ...known, embeddings });
          const own = ({ shares }: typeof before) => shares.slice(at * classes.length, (at + 1) * classes.length);
          expect(own(after)).toEqual(own(before));
        },
      ),
      { numRuns: 60 },
    );
  });

  test("but other families do", () => {
    const teacher = teacherOf(paired);
    const other = {
      ...teacher,
      embeddings: teacher.embeddings.map((value, at) => (at < 2 * 32 ? value : value + (at % 7))),
    };
    const first = (labels: ReturnType<typeof softLabels>) => labels.shares.slice(0, classes.length);
    expect(first(softLabels(paired, classes, other))).not.toEqual(first(softLabels(paired, classes, teacher)));
  });

  test("shares are a distribution over all classes: none is cut off", () => {
    const many = Array.from({ length: 120 }, (_, at) => ({ label: `${at % 40}`, text: `${at % 40} text ${at}` }));
    const names = [...new Set(many.map(({ label }) => label))];
    const { shares } = softLabels(many, names, teacherOf(many));
    expect(shares).toHaveLength(120 * 40);
    for (let at = 0; at < shares.length; at += 40) {
      const own = shares.subarray(at, at + 40);
      expect(own.every((share) => share > 0)).toBe(true);
      expect(own.reduce((sum, share) => sum + share, 0)).toBeCloseTo(1, 5);
    }
  });

  test("is the same for the same input", () => {
    expect(softLabels(paired, classes, teacherOf(paired))).toEqual(softLabels(paired, classes, teacherOf(paired)));
  });

  test("a label of one family stands alone", () => {
    const examples = [...paired, { label: "music", text: "play a song", family: "only" }];
    const { shares } = softLabels(examples, [...classes, "music"], teacherOf(examples));
    expect([...shares.subarray(-5)]).toEqual([0, 0, 0, 0, 1]);
  });

  test("refuses embeddings that are not one an example", () => {
    const teacher = { ...teacherOf(paired), embeddings: new Float32Array(paired.length + 1) };
    expect(() => softLabels(paired, classes, teacher)).toThrow(InputError);
    expect(() => softLabels(paired, classes, { ...teacher, embeddings: new Float32Array() })).toThrow(InputError);
  });
});

describe("labelUnjudged", () => {
  const teacher = teacherOf(paired);
  const unjudgedOf = (texts: readonly string[], confidence = 0) => ({
    ...{ texts, weight: 0.5, confidence },
    embeddings: Float32Array.from(texts.flatMap(hashedEmbedding)),
  });

  test("labels by the likeliest class, with a distribution over all of them", () => {
    const { taught, shares } = labelUnjudged(paired, classes, teacher, unjudgedOf(paired.map(({ text }) => text)));
    const right = taught.filter(({ row, label }) => label === paired[row]?.label).length;
    expect(right).toBeGreaterThan(0.7 * paired.length);
    for (const { row, label, weight } of taught) {
      const own = shares.slice(row * classes.length, (row + 1) * classes.length);
      expect(own.reduce((sum, share) => sum + share, 0)).toBeCloseTo(1, 5);
      expect(classes[own.indexOf(Math.max(...own))]).toBe(label);
      expect(weight).toBe(0.5);
    }
  });

  test("leaves out what it is less sure of than it must be, and keeps to rows", () => {
    const texts = tinyDev.map(({ text }) => text);
    // By margin 1 the shares are its probabilities.
    const plain = { ...teacher, margin: 1 };
    const all = labelUnjudged(paired, classes, plain, unjudgedOf(texts));
    const rows = all.taught.map(({ row }) => all.shares.slice(row * classes.length, (row + 1) * classes.length));
    const sureness = rows.map((own) => Math.max(...own));
    const limit = sureness.toSorted((a, b) => a - b)[Math.floor(sureness.length / 2)] as number;
    const sure = labelUnjudged(paired, classes, plain, unjudgedOf(texts, limit));
    const kept = all.taught.filter(({ row }) => (sureness[row] as number) >= limit);
    expect(kept.length).toBeLessThan(texts.length);
    expect(sure.taught).toEqual(kept);
    expect(sure.shares).toEqual(Float32Array.from(kept.flatMap(({ row }) => [...(rows[row] as Float32Array)])));
  });

  test("refuses embeddings that are not one a text, of the examples' length", () => {
    const short = { ...unjudgedOf(["a"]), embeddings: new Float32Array(31) };
    expect(() => labelUnjudged(paired, classes, teacher, short)).toThrow("31 numbers are no embeddings of 1 unjudged");
  });
});

describe("writeWanted", () => {
  const problem = buildProblem(tinyExamples, classes, { keys: new Uint32Array(), idf: new Float32Array() });
  const wanted = new Float64Array(4);

  test("without a teacher it is the label, smoothed", () => {
    writeWanted(problem, 0, 0.2, wanted);
    expect([...wanted]).toEqual([0.05, 0.05, 0.05, 0.05 + 0.8]);
  });

  test("with one, .6 is the teacher's and .4 the label's", () => {
    const soft = { mix: 0.6, top1: 1, shares: new Float32Array(4 * problem.size) };
    soft.shares.set([0, 0.75, 0, 0.25]);
    writeWanted({ ...problem, soft }, 0, 0, wanted);
    for (const [k, share] of [0, 0.45, 0, 0.4 + 0.15].entries()) expect(wanted[k]).toBeCloseTo(share, 6);
  });
});

describe("train with a teacher", () => {
  const options = TrainingConfig.parse({ epochs: 3, max_dimension: 6, dropout: 0.2, learningRate: 0.3 });
  const input: TrainInput = { examples: paired, dev: tinyDev, options, seed: 7, teacher: teacherOf(paired) };

  test("gives the same bytes each time, and others than without", async () => {
    const { model, report } = await train(input);
    expect((await train(input)).model).toEqual(model);
    const { teacher: _, ...alone } = input;
    const untaught = await train(alone);
    expect(untaught.model).not.toEqual(model);
    expect(untaught.report.teacherTop1).toBeUndefined();
    expect(report.teacherTop1).toBeGreaterThan(0);
  });

  test("resumed from any checkpoint it gives the bytes of an unbroken run", async () => {
    const checkpoints: Uint8Array[] = [];
    const seen: Progress["phase"][] = [];
    const { model } = await train(input, {
      onEpoch: (make) => checkpoints.push(make()),
      onProgress: ({ phase }) => seen.push(phase),
    });
    expect(seen[0]).toBe("teacher");
    expect(checkpoints).toHaveLength(3);
    for (const checkpoint of checkpoints) expect((await train({ ...input, checkpoint })).model).toEqual(model);
  });

  test("what it labelled is learnt, and is no evidence: examples and priors are those of people", async () => {
    const texts = Array.from({ length: 9 }, (_, at) => `${tinyExamples[0]?.text} ${at}`);
    const unjudged = { texts, embeddings: Float32Array.from(texts.flatMap(hashedEmbedding)), weight: 1, confidence: 0 };
    const made: Uint8Array[] = [];
    const asking = { ...input, teacher: { ...teacherOf(paired), unjudged } };
    const { model, taught, report } = await train(asking, { onEpoch: (make) => made.push(make()) });
    const without = await train(input);
    expect(taught).toHaveLength(9);
    expect(report).toMatchObject({ examples: paired.length, taught: 9 });
    expect(without.taught).toEqual([]);
    expect(model).not.toEqual(without.model);
    expect(decodeModel(model).prior).toEqual(decodeModel(without.model).prior);
    for (const checkpoint of made) expect((await train({ ...asking, checkpoint })).model).toEqual(model);
    await expect(train({ ...input, checkpoint: made[0] as Uint8Array })).rejects.toThrow("other examples");
  });

  test("refuses a checkpoint that another teacher's opinion made", async () => {
    const made: Uint8Array[] = [];
    await train(input, { onEpoch: (make) => made.push(make()) });
    const checkpoint = made[0] as Uint8Array;
    const embeddings = teacherOf(paired).embeddings.map((value) => -value);
    for (const teacher of [
      { ...teacherOf(paired), mix: 0.5 },
      { ...teacherOf(paired), embeddings },
    ])
      await expect(train({ ...input, teacher, checkpoint })).rejects.toThrow("other examples, options or seed");
  });
});
