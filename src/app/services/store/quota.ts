/**
 * Room for the app's files: how much there is, and whether the browser promised to keep them.
 * Invariant: what the browser does not say is never guessed.
 */
import { getSetting, setSetting } from './settings.ts';

export interface StorageState {
  usageBytes: number;
  /** Null where the browser does not say. */
  quotaBytes: number | null;
  freeBytes: number | null;
  /** Whether the browser keeps the files until the person deletes them; null where it does not say. */
  persisted: boolean | null;
}

export async function storageState(): Promise<StorageState> {
  const none: StorageEstimate = {};
  const { usage = 0, quota } = (await navigator.storage?.estimate?.().catch(() => none)) ?? none;
  const persisted = (await navigator.storage?.persisted?.().catch(() => null)) ?? null;
  const quotaBytes = quota ?? null;
  return { usageBytes: usage, quotaBytes, freeBytes: quotaBytes === null ? null : Math.max(0, quotaBytes - usage), persisted };
}

const askedSetting = 'persist-asked';

/** Asks the browser to keep the files; call it on a gesture. True when it promises, null where it cannot be asked. */
export async function askToPersist(): Promise<boolean | null> {
  if (!navigator.storage?.persist) return null;
  const promised = await navigator.storage.persist().catch(() => null);
  if (promised !== null) await setSetting(askedSetting, promised);
  return promised;
}

/** What the browser answered when it was last asked; null when it never was. Some show a question each time: once is enough unasked. */
export async function answerToPersist(): Promise<boolean | null> {
  const answer = await getSetting(askedSetting);
  return typeof answer === 'boolean' ? answer : null;
}
