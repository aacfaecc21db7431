/**
 * Settings in D1: what the operator can turn while it runs, and when regular work was last done.
 * Invariant: of several that come at once, one gets the turn.
 */
import type { Cloud } from '../cloud.ts';

export async function getSetting(cloud: Cloud, key: string): Promise<string | null> {
  const row = await cloud.db.prepare('SELECT value FROM settings WHERE key = ?1').bind(key).first<{ value: string }>();
  return row?.value ?? null;
}

export async function putSetting(cloud: Cloud, key: string, value: string): Promise<void> {
  const put =
    'INSERT INTO settings (key, value, updated_at) VALUES (?1, ?2, ?3) ON CONFLICT (key) DO UPDATE SET value = ?2, updated_at = ?3';
  await cloud.db.prepare(put).bind(key, value, cloud.now()).run();
}

/** @returns true for one who asks within each span of so many milliseconds */
export async function isTurn(cloud: Cloud, key: string, everyMs: number): Promise<boolean> {
  const put =
    "INSERT INTO settings (key, value, updated_at) VALUES (?1, '', ?2)" +
    ' ON CONFLICT (key) DO UPDATE SET updated_at = ?2 WHERE updated_at <= ?2 - ?3 RETURNING key';
  return (await cloud.db.prepare(put).bind(key, cloud.now(), everyMs).first()) !== null;
}

const killSwitch = 'kill-switch';
/** While it is on, no job is taken and none is given to a provider; those that run go on. */
export const isKilled = async (cloud: Cloud): Promise<boolean> => (await getSetting(cloud, killSwitch)) === 'on';
export const setKillSwitch = (cloud: Cloud, position: 'on' | 'off'): Promise<void> => putSetting(cloud, killSwitch, position);
