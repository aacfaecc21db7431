/**
 * Why nothing could be opened that draws. Drivers refuse in many ways, each of which means that there is no graphics device; code that
 * did not come over the network means another try may help.
 * Invariant: pure.
 */
import { fail } from '../core/job/failure.ts';

/** What Chromium, Firefox and Safari say when import() cannot fetch a module; the language has no code for it. */
const importFailed = /dynamically imported module|importing a module script/i;

/** `offline` for code that could not be fetched, else `gpu-missing`. */
export function startFailure(error: unknown): ReturnType<typeof fail> {
  const text = error instanceof Error ? error.message : String(error);
  if (importFailed.test(text)) return fail('offline', 'The code that draws the scene could not be loaded.');
  return fail('gpu-missing', `The graphics device could not be used: ${String(error)}`);
}
