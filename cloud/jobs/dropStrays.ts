/**
 * Objects of models that no row names: put straight into R2 by a trainer whose job was over, or deleted, when the file was there at last.
 * Invariant: a row is written before its file can be put and goes after it was removed, so an object without one is wanted by nobody.
 */
import type { Cloud } from '../cloud.ts';
import { modelFileOf, modelsPrefix } from '../policy/objectKeys.ts';
import { getSetting, isTurn, putSetting } from '../store/settings.ts';

/** The name that the present round has come to; empty between two. */
const placeMark = 'strays-after';

/** Those of these objects that no row names. */
async function withoutRow({ db }: Cloud, keys: readonly string[]): Promise<string[]> {
  const files = keys.flatMap((key) => modelFileOf(key) ?? []);
  const query =
    "SELECT e.value ->> 'key' AS key FROM json_each(?1) e WHERE NOT EXISTS" +
    " (SELECT 1 FROM model_files f WHERE f.model_id = e.value ->> 'modelId' AND f.kind = e.value ->> 'kind')";
  return (await db.prepare(query).bind(JSON.stringify(files)).all<{ key: string }>()).results.map(({ key }) => key);
}

/** Looks through the next page of the bucket, of a thousand objects at most; a new round begins once in so many milliseconds. */
export async function dropStrays(cloud: Cloud, everyMs: number): Promise<void> {
  const place = await getSetting(cloud, placeMark);
  if (!place && !(await isTurn(cloud, 'swept-strays', everyMs))) return;
  const page = await cloud.env.BUCKET.list({ prefix: modelsPrefix, ...(place && { startAfter: place }) });
  const strays = await withoutRow(cloud, page.objects.map(({ key }) => key)); // prettier-ignore
  if (strays.length > 0) {
    await cloud.env.BUCKET.delete(strays);
    cloud.log.info('strays-dropped', { objects: strays.length });
  }
  await putSetting(cloud, placeMark, page.truncated ? (page.objects.at(-1)?.key ?? '') : '');
}
