/**
 * The query of embed.html: its parameters are the element's attributes, `embed.html?src=scene.sog&auto-rotate`.
 * Invariant: no parameter can name anything but an attribute of the table, and no address anything that runs.
 */
import { isAllowedUrl } from '../core/scene/sourceUrl.ts';
import { type AttributeName, attributes } from './attributes.ts';

export interface EmbedQuery {
  attributes: [name: AttributeName, value: string][];
  /** Sentences for the person, empty when all is well. */
  problems: string[];
}

const addresses: Partial<Record<AttributeName, readonly string[]>> = {
  src: ['http', 'https', 'blob'],
  poster: ['http', 'https', 'blob'],
  scene: ['http', 'https', 'blob'],
};

/** A frame is there to be looked around in, so these are on until the query says 0. */
const onByDefault: readonly AttributeName[] = ['camera-controls', 'controls'];

/** Cookies of the viewer's own site are not a stranger's to send. */
const never: readonly string[] = ['with-credentials'];

const isAttribute = (name: string): name is AttributeName => Object.hasOwn(attributes, name) && !never.includes(name);
const isOff = (value: string) => ['0', 'false', 'off', 'no'].includes(value.toLowerCase());

/** @param search the query with or without its question mark */
export function readEmbedQuery(search: string): EmbedQuery {
  const wanted = new Map<AttributeName, string>(onByDefault.map((name) => [name, '']));
  const problems: string[] = [];
  for (const [name, value] of new URLSearchParams(search)) {
    if (!isAttribute(name)) continue;
    const schemes = addresses[name];
    if (schemes && !isAllowedUrl(value, schemes))
      problems.push(`The address in "${name}" is none that can be shown: use http, https or a relative one.`);
    else if (attributes[name].type === 'flag' && isOff(value)) wanted.delete(name);
    else wanted.set(name, attributes[name].type === 'flag' ? '' : value);
  }
  if (problems.length === 0 && !wanted.has('src') && !wanted.has('scene')) {
    problems.push('Nothing to show: add ?src= with the address of a splat file, or ?scene= with that of a scene.json.');
  }
  return { attributes: [...wanted], problems };
}

/** The query for embed.html that shows an element with these attributes; true and false are for flags. */
export function writeEmbedQuery(wanted: Partial<Record<AttributeName, string | boolean>>): string {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(wanted)) {
    if (typeof value === 'string') query.set(name, value);
    else if (value !== undefined && value !== onByDefault.includes(name as AttributeName)) query.set(name, value ? '1' : '0');
  }
  return query.toString();
}
