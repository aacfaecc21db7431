/** The page's words, in German: cloud. */
import type { cloud as en } from '../en/cloud.ts';
import type { Widened } from '../widened.ts';

export const cloud: Widened<typeof en> = {};
