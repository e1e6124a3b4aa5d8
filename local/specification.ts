/**
 * Where each threshold of the operations specification stands in the config: dotted path to section. A value that is not in
 * the specification is not listed.
 */
export const SPECIFICATION: Readonly<Record<string, string>> = {
  timezone: "2.1",
  "daily.window.start": "2.1",
  "daily.window.end": "2.1",
  "daily.stages.01:collect": "1.2.2",
  "daily.stages.02:preprocess": "1.2.2",
  "daily.stages.03:train": "1.2.2",
  "daily.stages.04:validate": "1.2.2",
  "daily.stages.05:compress": "1.2.2",
  "daily.stages.06:deploy": "1.2.2",
  "daily.stages.07:distribute": "1.2.2",
  "preprocess.minimumExamples": "7.2",
  "training.max_dimension": "3.2",
  "training.min_variance_explained": "3.2",
  "compression.information_retention": "6.1",
  "compression.semantic_similarity": "6.1",
  "compression.keyword_coverage": "6.1",
  "compression.accuracy_impact": "6.1",
  "compression.ladder.float16.information_retention": "6.2",
  "compression.ladder.float16.accuracy_impact": "6.2",
  "compression.ladder.int8.information_retention": "6.2",
  "compression.ladder.int8.accuracy_impact": "6.2",
  "compression.ladder.coded.information_retention": "6.2",
  "compression.ladder.coded.accuracy_impact": "6.2",
  "compression.degradation.adjust": "6.3",
  "compression.degradation.rollback": "6.3",
  "deploy.accuracy_drop": "2.2",
};
