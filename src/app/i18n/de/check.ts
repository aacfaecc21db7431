/** The page's words, in German: check. */
import type { check as en } from '../en/check.ts';
import type { Widened } from '../widened.ts';

export const check: Widened<typeof en> = {};
