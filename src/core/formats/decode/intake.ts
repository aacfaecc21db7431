/**
 * Intake: where every decoder delivers its splats. It leaves out what cannot be drawn, packs, keeps within the budget, hands batches on
 * and knows the scene's summary at the end.
 * Invariant: with a budget that the file may exceed nothing is handed on before the end; otherwise every batch is, at once.
 */
import type { Failure } from '../../job/failure.ts';
import { type Splats, shBasisCount } from '../../scene/splats.ts';
import { type PackedSplats, geometryWords, packSplats, shWords } from '../../view/packedSplats.ts';
import type { DecodeEvents, DecodedScene, SplatFormat } from '../splatStream.ts';
import { type BudgetPool, type RatedSplats, createBudgetPool } from './budgetPool.ts';
import { refuse } from './refusal.ts';
import { createSceneSummary } from './sceneSummary.ts';
import { keepUsable } from './usable.ts';

export interface IntakeShape {
  format: SplatFormat;
  shDegree: number;
  antialiased: boolean;
  /** Splats that the file declares, checked against its length where that is known; null when it declares none. */
  expected: number | null;
}

export interface Intake {
  open(shape: IntakeShape): void;
  /** Takes splats of the opened degree; their arrays are used up. Resolves when more may come. */
  push(splats: Splats): Promise<void>;
  /** Something the person should know, besides what is counted here. */
  warn(detail: string): void;
  finish(): Promise<DecodedScene>;
}

/** Splats in one batch at most. */
export const batchSplats = 1 << 16;
/** Room asked for when the file's length cannot vouch for the number it declares. */
const unvouchedCapacity = 1 << 17;
/** Longest the thread is kept before events get their turn. */
const breathMs = 24;

/** What opacity covers: opacity times the product of the two largest axes. */
function rate(splats: Splats, count: number): { importance: Float32Array; largest: Float32Array } {
  const importance = new Float32Array(count);
  const largest = new Float32Array(count);
  for (let i = 0; i < count; i++) {
    const [x, y, z] = [splats.logScales[3 * i], splats.logScales[3 * i + 1], splats.logScales[3 * i + 2]];
    largest[i] = Math.max(x, y, z);
    const two = Math.max(x + y, y + z, x + z);
    importance[i] = Math.exp(two) / (1 + Math.exp(-splats.opacityLogits[i]));
    if (!(importance[i] >= 0)) importance[i] = 0;
  }
  return { importance, largest };
}

/** Rows [first, first + count) in buffers of their own. */
function sliceRated({ packed, importance, largest }: RatedSplats, first: number, count: number): RatedSplats {
  const sh = shWords(packed.shDegree);
  const part: PackedSplats = {
    count,
    shDegree: packed.shDegree,
    geometry: packed.geometry.slice(first * geometryWords, (first + count) * geometryWords),
    sh: packed.sh.slice(first * sh, (first + count) * sh),
  };
  return { packed: part, importance: importance.slice(first, first + count), largest: largest.slice(first, first + count) };
}

const inWords = (count: number, what: string): string => `${count} ${what}${count === 1 ? '' : 's'}`;

export function createIntake(
  name: string,
  totalBytes: number | null,
  maxSplats: number | null,
  events: DecodeEvents,
  signal?: { aborted: boolean },
): Intake {
  const summary = createSceneSummary();
  const warnings: Failure[] = [];
  let opened: IntakeShape | null = null;
  let pool: BudgetPool | null = null;
  let notFinite = 0;
  let overBudget = 0;
  let lastBreathMs = Date.now();

  const warn = (detail: string): void => void warnings.push({ code: 'bad-file', detail, file: name });

  async function breathe(): Promise<void> {
    if (Date.now() - lastBreathMs > breathMs) {
      await new Promise<void>((resolve) => void setTimeout(resolve, 0));
      lastBreathMs = Date.now();
    }
    if (signal?.aborted) refuse(name, 'was not read to its end: it was cancelled', 'cancelled');
  }

  function open(shape: IntakeShape): void {
    opened = shape;
    const { expected, shDegree, antialiased, format } = shape;
    if (maxSplats !== null && (expected === null || expected > maxSplats)) pool = createBudgetPool(Math.max(1, Math.floor(maxSplats)));
    const most = Math.min(expected ?? unvouchedCapacity, maxSplats ?? Infinity);
    const capacity = Math.max(1, totalBytes === null ? Math.min(most, unvouchedCapacity) : most);
    events.begin({ shDegree, antialiased, capacity }, format);
  }

  function handOn(rated: RatedSplats): void {
    summary.add(rated.packed, rated.largest);
    events.batch(rated.packed);
  }

  async function push(splats: Splats): Promise<void> {
    for (let first = 0; first < splats.count; first += batchSplats) {
      const part = splats.count <= batchSplats ? splats : partOf(splats, first, Math.min(batchSplats, splats.count - first));
      const kept = keepUsable(part);
      notFinite += part.count - kept;
      if (kept > 0) {
        const rated = { packed: packSplats(part, 0, kept), ...rate(part, kept) };
        if (pool) pool.add(rated);
        else handOn(rated);
      }
      await breathe();
    }
  }

  async function drain(from: BudgetPool): Promise<void> {
    const drained = from.drain();
    overBudget = drained.overBudget;
    for (const run of drained.kept) {
      for (let first = 0; first < run.packed.count; first += batchSplats) {
        handOn(sliceRated(run, first, Math.min(batchSplats, run.packed.count - first)));
        await breathe();
      }
    }
  }

  async function finish(): Promise<DecodedScene> {
    if (!opened) return refuse(name, 'holds no splats');
    if (pool) await drain(pool);
    if (summary.count === 0) refuse(name, notFinite > 0 ? 'holds no splat with usable values' : 'holds no splats');
    const { box, gigantic } = summary.finish();
    const all = summary.count + notFinite + overBudget;
    if (notFinite > 0) warn(`${inWords(notFinite, 'splat')} of ${all} in ${name} had values that are not finite and were left out.`);
    if (overBudget > 0) warn(`${inWords(overBudget, 'splat')} of ${all} in ${name} were left out to keep to ${maxSplats ?? 0}.`);
    if (gigantic.length > 0)
      warn(`${inWords(gigantic.length, 'splat')} of ${all} in ${name} were far larger than the scene and are hidden.`);
    const { format, shDegree, antialiased } = opened;
    const dropped = { notFinite, overBudget };
    return { format, count: summary.count, shDegree, antialiased, box, gigantic, dropped, warnings };
  }

  return { open, push, warn, finish };
}

/** Rows [first, first + count) as views. */
function partOf(splats: Splats, first: number, count: number): Splats {
  const part = (values: Float32Array, stride: number): Float32Array => values.subarray(first * stride, (first + count) * stride);
  return {
    count,
    shDegree: splats.shDegree,
    antialiased: splats.antialiased,
    means: part(splats.means, 3),
    logScales: part(splats.logScales, 3),
    quats: part(splats.quats, 4),
    opacityLogits: part(splats.opacityLogits, 1),
    sh: part(splats.sh, 3 * shBasisCount(splats.shDegree)),
  };
}
