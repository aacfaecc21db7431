/** What editing looks at of the splats. Invariant: all in file order, so that position i is splat i of every operation. */
import type { Splats } from '../splats.ts';

export type EditableSplats = Pick<Splats, 'count' | 'means' | 'logScales' | 'opacityLogits'>;
