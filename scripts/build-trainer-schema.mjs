/**
 * Writes gpu-container/schema/trainer.schema.json from src/core/job/trainerSchema.ts. Run by hand after a change of the protocol:
 * `node scripts/build-trainer-schema.mjs`, with a Node that reads TypeScript (22.18 and later). Invariant: a unit test finds a file that is
 * out of date.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { trainerSchemaText } from './lib/trainerSchemaText.mjs';

const schemas = new URL('../src/core/job/trainerSchema.ts', import.meta.url);
const file = new URL('../gpu-container/schema/trainer.schema.json', import.meta.url);

mkdirSync(new URL('.', file), { recursive: true });
writeFileSync(file, trainerSchemaText(await import(schemas.href)));
