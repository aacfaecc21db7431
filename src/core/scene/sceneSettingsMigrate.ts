/**
 * Scene settings of an older version, brought forward one version at a time.
 * Invariant: a migration takes exactly its own version to the next and does not change what it was given.
 */
import { type Result, fail, ok } from '../job/failure.ts';

/** From version n to n + 1, by n. A step must take anything: the fields are only checked after the last one. */
export type Migrations = Readonly<Record<number, (older: Record<string, unknown>) => Record<string, unknown>>>;

/** None yet: version 1 is the first. */
export const sceneMigrations: Migrations = {};

/**
 * @param json an object; one without `version` is taken for the current one, as written by hand
 * @param current the version wanted
 * @returns the object in that version; `bad-file` for a version that is newer, unknown or no whole number
 */
export function migrate(json: object, migrations: Migrations, current: number): Result<Record<string, unknown>> {
  const given = (json as Record<string, unknown>)['version'] ?? current;
  if (!Number.isInteger(given) || (given as number) < 1)
    return fail('bad-file', 'Scene settings: version must be a whole number from 1 on.');
  let version = given as number;
  if (version > current) {
    return fail('bad-file', `The scene settings are of version ${version}; this viewer reads up to version ${current}.`);
  }
  let fields = { ...json } as Record<string, unknown>;
  for (; version < current; version++) {
    const step = migrations[version];
    if (!step) return fail('bad-file', `Scene settings of version ${version} can no longer be read.`);
    fields = { ...step(fields), version: version + 1 };
  }
  return ok(fields);
}
