/** gpu-container/schema/trainer.schema.json is what the zod schemas say, and says what the protocol's rules are. */
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { trainerSchemaText } from '../../scripts/lib/trainerSchemaText.mjs';
import * as schemas from '../../src/core/job/trainerSchema.ts';

interface Schema {
  required?: string[];
  additionalProperties?: unknown;
  properties?: Record<string, Schema & { enum?: string[]; exclusiveMinimum?: number }>;
}

const file = new URL('../../gpu-container/schema/trainer.schema.json', import.meta.url);
const text = readFileSync(file, 'utf8');
const { $defs: definitions } = JSON.parse(text) as { $defs: Record<string, Schema> };

test('the file in the repository is up to date', () => {
  expect(text, 'run scripts/build-trainer-schema.mjs').toBe(trainerSchemaText(schemas));
});

test('every message of the protocol is in it', () => {
  const calls = ['Claim', 'Events', 'Outputs', 'Fail', 'Pull'].flatMap((name) => [`${name}Request`, `${name}Answer`]);
  expect(Object.keys(definitions).sort()).toEqual([...calls, 'CompleteRequest', 'Manifest', 'OutputKind', 'TrainSpec'].sort());
});

test('what is sent is closed, what is answered may grow, and optional fields are optional', () => {
  for (const [name, schema] of Object.entries(definitions))
    expect(schema.additionalProperties, name).toBe(name.endsWith('Request') ? false : undefined);
  expect(definitions['PullRequest']?.required).toEqual(['workerId', 'instance', 'gpuClass']);
  expect(definitions['ClaimRequest']?.properties?.['attempt']).toMatchObject({ type: 'integer', exclusiveMinimum: 0 });
  expect(definitions['TrainSpec']?.properties?.['preset']?.enum).toEqual(['preview', 'full']);
});
