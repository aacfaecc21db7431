/** The page's words, in German: projects. */
import type { projects as en } from '../en/projects.ts';
import type { Widened } from '../widened.ts';

export const projects: Widened<typeof en> = {};
