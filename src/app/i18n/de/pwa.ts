/** The page's words, in German: pwa. */
import type { pwa as en } from '../en/pwa.ts';
import type { Widened } from '../widened.ts';

export const pwa: Widened<typeof en> = {};
