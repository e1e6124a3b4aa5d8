import type { TrainingConfig } from "#contracts/config.ts";

/** The settings that hold for so many examples of so many classes: those of `few` over the others where they are few. */
export function settingsFor(config: TrainingConfig, examples: number, classes: number): Omit<TrainingConfig, "few"> {
  const { few, ...settings } = config;
  if (!few || examples >= few.below * classes) return settings;
  return {
    ...settings,
    max_dimension: few.max_dimension ?? settings.max_dimension,
    epochs: few.epochs ?? settings.epochs,
    learningRate: few.learningRate ?? settings.learningRate,
    dropout: few.dropout ?? settings.dropout,
    labelSmoothing: few.labelSmoothing ?? settings.labelSmoothing,
    soups: few.soups ?? settings.soups,
  };
}
