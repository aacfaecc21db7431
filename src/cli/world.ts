/** World: what a command is given besides its arguments. */
import type { Interrupts } from './interrupts.ts';
import type { Reporter } from './reporter.ts';

/** How a command that did not fail came to its end. `interrupted`: stopped by the person, and what there was is saved. */
export type Ending = 'done' | 'interrupted';

export interface World {
  reporter: Reporter;
  interrupts: Interrupts;
}
