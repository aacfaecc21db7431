/**
 * Uploads: the files of a result brought to where the cloud wants them.
 * Invariant: an address that is refused is asked for anew, a few times; after that somebody has to look at it.
 */
import type { OutputKind } from '../../core/job/trainerApi.ts';
import type { Answer } from './answer.ts';
import { yes } from './answer.ts';
import type { JobClient } from './protocolClient.ts';
import type { MadeFile } from './results.ts';

const mostRounds = 3;

const announced = (files: readonly MadeFile[]) => files.map(({ kind, bytes, sha256 }) => ({ kind, bytes, sha256 }));

/** Puts every file; those whose addresses were refused again in the next round. */
export async function putFiles(client: JobClient, files: readonly MadeFile[]): Promise<Answer<void>> {
  let left = [...files];
  for (let round = 1; ; round++) {
    const places = await client.outputs(announced(left));
    if (!places.ok) return places;
    let refused: Answer<void> = yes(undefined);
    const again: MadeFile[] = [];
    for (const file of left) {
      const place = places.value.outputs.find(({ kind }) => kind === file.kind);
      if (!place) continue;
      const put = await client.upload(place.url, place.headers, file.path);
      if (put.ok) continue;
      if (put.no === 'stopped' || put.no === 'again') return put;
      refused = put;
      again.push(file);
    }
    if (again.length === 0 || round === mostRounds) return refused;
    left = again;
  }
}

/** The kinds that a refusal names; all of them when it names none. */
export function namedFiles(body: string, files: readonly MadeFile[]): MadeFile[] {
  const isNamed = (kind: OutputKind): boolean => new RegExp(`(?<![\\w-])${kind}(?![\\w-])`).test(body);
  const named = files.filter(({ kind }) => isNamed(kind));
  return named.length > 0 ? named : [...files];
}
