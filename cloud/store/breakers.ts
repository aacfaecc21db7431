/**
 * The providers' circuit breakers in D1.
 * Invariant: of several jobs at once, one gets the trial of a half-open breaker.
 */
import type { Cloud } from '../cloud.ts';
import { type Breaker, afterFailure, closedBreaker, phaseOf, trialMs, usableFrom } from '../policy/breaker.ts';
import type { ProviderId } from '../providers/adapter.ts';

export interface BreakerRow extends Breaker {
  provider: ProviderId;
  lastError: string | null;
}

const columns = 'provider, failures, opened_at AS openedAt, trial_until AS trialUntil, last_error AS lastError';

export async function readBreakers(cloud: Cloud): Promise<BreakerRow[]> {
  return (await cloud.db.prepare(`SELECT ${columns} FROM breakers ORDER BY provider`).all<BreakerRow>()).results;
}

/** Providers that may not be tried now, and when the first of them may be (milliseconds since 1970; null when there is none). */
export async function shutProviders(cloud: Cloud): Promise<{ shut: ProviderId[]; until: number | null }> {
  const open = (await readBreakers(cloud)).filter((row) => phaseOf(row, cloud.now()) === 'open');
  return { shut: open.map(({ provider }) => provider), until: open.length > 0 ? Math.min(...open.map(usableFrom)) : null };
}

async function breakerOf(cloud: Cloud, provider: ProviderId): Promise<Breaker> {
  const query = `SELECT ${columns} FROM breakers WHERE provider = ?1`;
  return (await cloud.db.prepare(query).bind(provider).first<BreakerRow>()) ?? closedBreaker;
}

/** Asks to try a provider now; takes the trial when its breaker is half open. */
export async function mayTry(cloud: Cloud, provider: ProviderId): Promise<boolean> {
  const breaker = await breakerOf(cloud, provider);
  const phase = phaseOf(breaker, cloud.now());
  if (phase !== 'half-open') return phase === 'closed';
  const take =
    'UPDATE breakers SET trial_until = ?2 WHERE provider = ?1 AND opened_at = ?3 AND coalesce(trial_until, 0) = ?4 RETURNING provider';
  const values = [provider, cloud.now() + trialMs, breaker.openedAt, breaker.trialUntil ?? 0];
  const taken = cloud.db.prepare(take).bind(...values);
  return (await taken.first()) !== null;
}

export async function tookJob(cloud: Cloud, provider: ProviderId): Promise<void> {
  const close = 'UPDATE breakers SET failures = 0, opened_at = NULL, trial_until = NULL WHERE provider = ?1 AND failures > 0';
  await cloud.db.prepare(close).bind(provider).run();
}

export async function refusedJob(cloud: Cloud, provider: ProviderId, error: string): Promise<void> {
  // Counted by the database, so that of refusals at once none is overlooked.
  const add =
    'INSERT INTO breakers (provider, failures, last_error) VALUES (?1, 1, ?2)' +
    ' ON CONFLICT (provider) DO UPDATE SET failures = failures + 1, last_error = ?2 RETURNING failures';
  const row = await cloud.db.prepare(add).bind(provider, error).first<{ failures: number }>();
  const { openedAt } = afterFailure({ ...closedBreaker, failures: (row?.failures ?? 1) - 1 }, cloud.now());
  if (openedAt === null) return;
  // Not when another job has meanwhile been taken.
  const open = 'UPDATE breakers SET opened_at = ?2, trial_until = NULL WHERE provider = ?1 AND failures > 0';
  await cloud.db.prepare(open).bind(provider, openedAt).run();
  cloud.log.warn('breaker-open', { provider, failures: row?.failures, error });
}
