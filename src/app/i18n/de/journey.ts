/** The page's words, in German: journey. */
import type { journey as en } from '../en/journey.ts';
import type { Widened } from '../widened.ts';

export const journey: Widened<typeof en> = {};
