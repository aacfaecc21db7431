/**
 * Everything the page says, in German. Its shape is that of en.ts, checked by the compiler and a test.
 * Invariant: nothing is borrowed from the English, so that a word missing here does not compile.
 */
import { account } from './de/account.ts';
import { base } from './de/base.ts';
import { capture } from './de/capture.ts';
import { check } from './de/check.ts';
import { cloud } from './de/cloud.ts';
import { edit } from './de/edit.ts';
import { journey } from './de/journey.ts';
import { projects } from './de/projects.ts';
import { pwa } from './de/pwa.ts';
import { share } from './de/share.ts';
import type { text as english } from './en.ts';
import type { Widened } from './widened.ts';

export const text: Widened<typeof english> = { ...base, capture, check, projects, journey, edit, share, cloud, account, pwa };
