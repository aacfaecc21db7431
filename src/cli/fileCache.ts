/**
 * File cache: bytes by key in a folder, for what is expensive to make again.
 * Invariant: what get gives back is exactly what put was given under that key; anything else (missing, truncated, altered) is null.
 */
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { ByteCache } from '../core/sfm/contract.ts';
import { writeWhole } from './outputFiles.ts';

const sha256 = (...parts: (string | Uint8Array)[]): Buffer => {
  const hash = createHash('sha256');
  for (const part of parts) hash.update(part);
  return hash.digest();
};

const sealBytes = 32;

/** A cache in this folder, which is made with the first entry. An entry is a seal (SHA-256 of key and bytes) and the bytes. */
export function createFileCache(folder: string): ByteCache {
  const pathOf = (key: string): string => join(folder, `${sha256(key).toString('hex')}.bin`);
  const sealOf = (key: string, bytes: Uint8Array): Buffer => sha256(`${key}\n`, bytes);
  return {
    async get(key) {
      try {
        const content = new Uint8Array(await readFile(pathOf(key)));
        const bytes = content.slice(sealBytes);
        return sealOf(key, bytes).equals(content.subarray(0, sealBytes)) ? bytes : null;
      } catch {
        return null;
      }
    },
    async put(key, bytes) {
      // A full or read-only disk only costs time in the next run.
      await writeWhole(pathOf(key), Buffer.concat([sealOf(key, bytes), bytes]));
    },
  };
}
