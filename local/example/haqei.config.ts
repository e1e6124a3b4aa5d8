/**
 * The help desk: twelve kinds of request in Japanese and English. Replace the tables in `data/` by your own and begin again in a
 * fresh home. Every field may be left out; `npx haqei config` lists them all with the value in force and where it came from.
 */
export default {
  // Days, and the hour at which the daily batch runs, are of this time zone.
  timezone: "Asia/Tokyo",

  // train.tsv, test.tsv and, if you have them, dev.tsv (calibration) and live.tsv (what simulated users ask): a row is
  // label<TAB>text<TAB>language, with ja, en or zh. The test table is only ever measured on.
  dataset: "data",

  // The same data, settings and seed give the same model, byte for byte.
  seed: 12,

  preprocess: {
    // Small sets are refused by default (500): fewer examples say little.
    minimumExamples: 50,
    // With few authored examples a class, the limit of 1% of a class's weight would make a user's word weigh a twelfth of one.
    feedback: { maximumShare: 0.05 },
  },

  // With few examples a class, more dropout and smoothing measure better than the defaults, which suit a hundred a class.
  training: {
    epochs: 20,
    learningRate: 0.1,
    dropout: 0.5,
    labelSmoothing: 0.1,
    maxFeatures: 20_000,
    // A day brings several times what was authored: going on from yesterday's model needs more than small steps.
    warm: { epochs: 10, learningRate: 0.1 },
  },
};
