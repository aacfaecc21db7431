/** The page's words, in German: capture. */
import type { capture as en } from '../en/capture.ts';
import type { Widened } from '../widened.ts';

export const capture: Widened<typeof en> = {};
