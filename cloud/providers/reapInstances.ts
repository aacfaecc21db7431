/**
 * Gives rented machines back that are idle, over, broken or unknown to the book. For the sweeper, every minute.
 * Invariant: nothing is decided on an incomplete list, and a machine is out of the book only after the provider has let it go.
 */
import { type InstanceLimits, type ReapStep, instanceLimits, planReaping } from '../policy/instancePlan.ts';
import type { ProviderAnswer } from './adapter.ts';
import type { InstanceBook } from './instanceBook.ts';
import type { VastApi } from './vastApi.ts';

export interface Reaped {
  externalId: string;
  reason: string;
  destroyed: boolean;
}

async function destroy(
  book: InstanceBook,
  vast: Pick<VastApi, 'destroy'>,
  step: Extract<ReapStep, { do: 'destroy' }>,
): Promise<Reaped | null> {
  const { externalId, id, reason, idleSinceMs } = step;
  // It was given work in the meantime.
  if (id !== null && reason !== 'stopping' && !(await book.stop(id, idleSinceMs))) return null;
  const { ok } = await vast.destroy(externalId);
  if (ok && id !== null) await book.mark(id, { status: 'gone' });
  return { externalId, reason, destroyed: ok };
}

/** @returns what was given back; one that could not be is tried again the next time */
export async function reapInstances(
  book: InstanceBook,
  vast: Pick<VastApi, 'list' | 'destroy'>,
  nowMs: number,
  limits: InstanceLimits = instanceLimits,
): Promise<ProviderAnswer<Reaped[]>> {
  // The list first, then the book: a machine that is rented in between is in the book and not missed yet.
  const rented = await vast.list();
  if (!rented.ok) return rented.no;
  const reaped: Reaped[] = [];
  for (const step of planReaping(await book.live(), rented.value, nowMs, limits)) {
    if (step.do === 'mark') await book.mark(step.id, step.change);
    else {
      const done = await destroy(book, vast, step);
      if (done) reaped.push(done);
    }
  }
  return { ok: true, value: reaped };
}
