/**
 * The budget of GPU-seconds per day and month (UTC). Pure; store/budget.ts counts.
 * Invariant: what is reserved counts as spent until it is known what was used.
 */
export interface BudgetLimits {
  /** 0: no limit. */
  daySeconds: number;
  monthSeconds: number;
}

/** Reserved and used together. */
export interface Spent {
  daySeconds: number;
  monthSeconds: number;
}

/** Seconds that may still be reserved; null for no limit. */
export function budgetLeft(limits: BudgetLimits, spent: Spent): number | null {
  const day = limits.daySeconds === 0 ? Infinity : limits.daySeconds - spent.daySeconds;
  const month = limits.monthSeconds === 0 ? Infinity : limits.monthSeconds - spent.monthSeconds;
  const left = Math.max(0, Math.min(day, month));
  return left === Infinity ? null : left;
}

/** Milliseconds until the next day begins, UTC: when there may be budget again. */
export const untilNextDayMs = (nowMs: number): number => 86_400_000 - (nowMs % 86_400_000);
