/** The options form: what is refused and what it means. */
import { describe, expect, test } from 'vitest';
import { badFields, newForm, trainOptions } from '../../../src/app/features/train/trainForm.ts';

describe('options form', () => {
  test('untouched, it leaves every number to the preset', () => {
    expect(badFields(newForm())).toEqual([]);
    expect(trainOptions(newForm())).toEqual({ preset: 'preview', holdout: 0, seed: 0 });
  });

  test('numbers and the hold-out are handed on', () => {
    const form = { ...newForm(), preset: 'full' as const, holdout: true, steps: 500, widthPx: 270 };
    expect(trainOptions(form)).toEqual({ preset: 'full', holdout: 8, seed: 0, steps: 500, widthPx: 270 });
  });

  test.each([
    [{ steps: 9 }, ['steps']],
    [{ steps: 10 }, []],
    [{ steps: 100_001 }, ['steps']],
    [{ maxSplats: 99.5, widthPx: 31 }, ['maxSplats', 'widthPx']],
    [{ widthPx: Number.NaN }, ['widthPx']],
  ])('%o: refused fields %o', (numbers, bad) => {
    expect(badFields({ ...newForm(), ...numbers })).toEqual(bad);
  });
});
