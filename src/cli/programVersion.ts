/** Program version: the one in package.json, so that figures name what made them. */
import { readFileSync } from 'node:fs';

const manifest: unknown = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8'));

export const programVersion = (manifest as { version: string }).version;
