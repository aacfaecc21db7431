/** Fails when files of the product import each other in a circle: a circle has no bottom to read or test first. */
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { findCycle, importGraph } from './lib/imports.mjs';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const cycle = findCycle(importGraph(root, ['src', 'workers', 'scripts']));
if (cycle) process.stderr.write(`Circular import:\n  ${cycle.join('\n  -> ')}\n`);
process.exitCode = cycle ? 1 : 0;
