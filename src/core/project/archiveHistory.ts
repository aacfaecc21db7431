/**
 * Edits as bytes of an archive, and back.
 * Invariant: what comes back was checked field by field; an operation that makes no sense is left out and the rest stays.
 */
import { operationReader } from '../scene/edit/historyRead.ts';
import type { EditHistory, EditOperation, SplatBits } from '../scene/edit/operations.ts';
import { packValue, unpackValue } from './packedValue.ts';
import { sealOf, unsealed } from './sealed.ts';

/** The sealed bytes of a history, in parts. */
export function packHistory(history: EditHistory): Uint8Array[] {
  const parts = packValue(history);
  return [sealOf(parts), ...parts];
}

/**
 * The history in the bytes; null when they are damaged.
 * @param notes gets a sentence for every operation that was left out: one of an unknown kind, or with a field that makes no sense
 */
export function unpackHistory(bytes: Uint8Array, notes: string[] = []): EditHistory | null {
  const content = unsealed(bytes);
  const value = content && unpackValue(content);
  if (typeof value !== 'object' || value === null) return null;
  const { done, undone } = value as { done?: unknown; undone?: unknown };
  const read = operationReader((splats) => (splats instanceof Uint8Array ? (splats as SplatBits) : null), notes);
  const operationsOf = (list: unknown): EditOperation[] => (Array.isArray(list) ? list.flatMap(read) : []);
  return { done: operationsOf(done), undone: operationsOf(undone) };
}
