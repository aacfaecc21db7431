/**
 * The options form: what the person typed, and the TrainOptions it means.
 * Invariant: an empty field means "the preset decides"; a filled one is a whole number within its limits or the form is refused.
 */
import type { Preset, TrainOptions } from '../../../core/train/contract.ts';

export const numberFields = ['steps', 'maxSplats', 'widthPx'] as const;
export type NumberField = (typeof numberFields)[number];

export const fieldLimits: Record<NumberField, { min: number; max: number }> = {
  steps: { min: 10, max: 100_000 },
  maxSplats: { min: 100, max: 5_000_000 },
  widthPx: { min: 32, max: 4096 },
};

export interface TrainForm extends Record<NumberField, number | null> {
  preset: Preset;
  /** Keep every 8th photo out of training and score it. */
  holdout: boolean;
}

export const newForm = (): TrainForm => ({ preset: 'preview', holdout: false, steps: null, maxSplats: null, widthPx: null });

/** The fields whose number is out of its limits or not whole. */
export function badFields(form: TrainForm): NumberField[] {
  return numberFields.filter((field) => {
    const value = form[field];
    const { min, max } = fieldLimits[field];
    return value !== null && !(Number.isInteger(value) && value >= min && value <= max);
  });
}

/** The options a form without bad fields means. */
export function trainOptions(form: TrainForm): TrainOptions {
  const options: TrainOptions = { preset: form.preset, holdout: form.holdout ? 8 : 0, seed: 0 };
  for (const field of numberFields) {
    const value = form[field];
    if (value !== null) options[field] = value;
  }
  return options;
}

/** How many steps "Train longer" adds. */
export const moreSteps: Record<Preset, number> = { preview: 1000, full: 5000 };
