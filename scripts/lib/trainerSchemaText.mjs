/**
 * The trainer protocol as one JSON Schema document (draft 2020-12), for trainers in other languages.
 * Invariant: the same zod schemas give the same text.
 */
import * as z from 'zod';

/** @param {string} name */
const capital = (name) => name[0]?.toUpperCase() + name.slice(1);

/**
 * @param {Record<string, unknown>} schemas what src/core/job/trainerSchema.ts exports
 * @returns {string} the file's text; each schema is at #/$defs/<its name, with a capital>
 */
export function trainerSchemaText(schemas) {
  const named = Object.entries(schemas).filter(([, value]) => value instanceof z.ZodType);
  const definitions = named.map(([name, value]) => {
    // As it goes in: what may hold more than an older reader knows is not closed.
    const schema = z.toJSONSchema(/** @type {z.ZodType} */ (value), { io: 'input' });
    delete schema.$schema;
    return [capital(name), schema];
  });
  const document = {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    title: 'The trainer protocol',
    description: 'Generated from src/core/job/trainerSchema.ts by scripts/build-trainer-schema.mjs.',
    $defs: Object.fromEntries(definitions.sort(([a], [b]) => (String(a) < String(b) ? -1 : 1))),
  };
  return `${JSON.stringify(document, null, 2)}\n`;
}
