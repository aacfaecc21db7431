/** The page's words, in German: edit. */
import type { edit as en } from '../en/edit.ts';
import type { Widened } from '../widened.ts';

export const edit: Widened<typeof en> = {};
