/**
 * Alerts into the log, for whoever watches it.
 * Invariant: the same alert is written once an hour at most, however often this runs and in how many Workers.
 */
import type { Cloud } from '../cloud.ts';
import { alertKey } from '../policy/alerts.ts';
import type { Alert } from '../policy/operatorView.ts';
import { alertMark, measureHealth } from '../store/health.ts';

const hourMs = 3_600_000;

/** Its value says since when, its time when it was last written. */
async function isFresh(cloud: Cloud, alert: Alert): Promise<boolean> {
  const put =
    'INSERT INTO settings (key, value, updated_at) VALUES (?1, ?2, ?3)' +
    ' ON CONFLICT (key) DO UPDATE SET updated_at = ?3 WHERE updated_at <= ?3 - ?4 RETURNING key';
  const now = cloud.now();
  const row = cloud.db.prepare(put).bind(`${alertMark}${alertKey(alert)}`, String(alert.since ?? now), now, hourMs);
  return (await row.first()) !== null;
}

/** A mark stays for its hour, so that an alert which comes and goes is not written each time. */
async function forgetOthers(cloud: Cloud, alerts: Alert[]): Promise<void> {
  const keys = JSON.stringify(alerts.map((alert) => `${alertMark}${alertKey(alert)}`));
  const drop = 'DELETE FROM settings WHERE key LIKE ?1 AND updated_at <= ?2 AND key NOT IN (SELECT value FROM json_each(?3))';
  await cloud.db
    .prepare(drop)
    .bind(`${alertMark}%`, cloud.now() - hourMs, keys)
    .run();
}

/** Providers are not asked: a minute is too often for that, and their breakers show who refuses work. */
export async function raiseAlerts(cloud: Cloud): Promise<void> {
  const { alerts } = await measureHealth(cloud, null);
  await forgetOthers(cloud, alerts);
  for (const alert of alerts) {
    if (!(await isFresh(cloud, alert))) continue;
    const { name, about, what, value, threshold, unit, since } = alert;
    cloud.log.error('alert', { name, about, what, value, threshold, unit, since });
  }
}
