/** The page's words, in German: share. */
import type { share as en } from '../en/share.ts';
import type { Widened } from '../widened.ts';

export const share: Widened<typeof en> = {};
