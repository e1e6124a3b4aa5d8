import { expect, test } from "vitest";
import { TrainingConfig } from "#contracts/config.ts";
import { settingsFor } from "./settings.ts";

test("few examples a class have settings of their own, and what those leave open is as for many", () => {
  const config = TrainingConfig.parse({ epochs: 10, soups: 4, few: { max_dimension: 100, soups: 1 } });
  const { few: _, ...many } = config;
  expect(settingsFor(config, 4000, 100)).toEqual(many);
  expect(settingsFor(config, 3999, 100)).toEqual({ ...many, max_dimension: 100, soups: 1 });
  expect(settingsFor(TrainingConfig.parse({}), 1, 100)).toEqual(TrainingConfig.parse({}));
});
