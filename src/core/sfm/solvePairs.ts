/**
 * Second stage of solving: what photos have in common. Matches come from the GPU or from the pool's threads, whichever is faster here (both
 * give the same).
 * Invariant: a pair's matches depend on the two photos alone: the photo with the smaller id is matched against the other, so that names and
 * order do not count and cached matches stay true.
 */
import type { Gpu } from '../gpu/device.ts';
import type { SolveHost } from './contract.ts';
import { packRow, unpackRow } from './featureStore.ts';
import { mapInFlight } from './inFlight.ts';
import { createMatcher, type Matcher } from './matcher.ts';
import type { Matches } from './matches.ts';
import { choosePairs, keepProbed, largestScale, type Pair } from './pairSelection.ts';
import type { MatchedPair } from './solveLenses.ts';
import type { SolvePhoto } from './solvePhotos.ts';

/** Matches [n, 128] descriptors of one photo with those of others. */
type MatchMany = (first: Uint8Array, others: Uint8Array[]) => Promise<Matches[]>;

const probeFeatures = 512;
const probedPartners = 20;
/** Fewer raw matches than this are chance. */
const leastMatches = 15;

const onPool =
  ({ pool }: SolveHost, signal?: AbortSignal): MatchMany =>
  async (first, others) => {
    const result = await pool.run({ kind: 'match', first, others }, signal);
    if (result.kind !== 'match') throw new Error('The pool answered another task.');
    return result.matches.map(({ matches }) => matches);
  };

const onGpu =
  (matcher: Matcher, signal?: AbortSignal): MatchMany =>
  async (first, others) =>
    (await matcher.match(first, others, signal)).map(({ matches }) => matches);

interface MatchWay {
  matchMany: MatchMany;
  /** Calls worth having under way at a time. */
  lanes: number;
  name: 'gpu' | 'cpu';
  dispose(): void;
}

const trialFeatures = 1024;
const trialPartners = 3;

/** Times both ways on a few features and takes the faster; each does the trial once before it is timed. */
async function fasterWay(gpu: Gpu | null, photos: SolvePhoto[], host: SolveHost, signal?: AbortSignal): Promise<MatchWay> {
  const cpu: MatchWay = { matchMany: onPool(host, signal), lanes: host.pool.size, name: 'cpu', dispose: () => undefined };
  if (!gpu) return cpu;
  const matcher = await createMatcher(gpu);
  const gpuWay: MatchWay = { matchMany: onGpu(matcher, signal), lanes: 1, name: 'gpu', dispose: () => matcher.dispose() };
  const rich = photos.filter(({ features }) => features.count >= trialFeatures).slice(0, trialPartners);
  if (rich.length < 2) return gpuWay;
  const parts = rich.map(({ features }) => features.descriptors.slice(0, trialFeatures * 128));
  const secondsOf = async (way: MatchWay): Promise<number> => {
    const each = (): Promise<unknown> => Promise.all(Array.from({ length: way.lanes }, () => way.matchMany(parts[0], parts.slice(1))));
    await each();
    const start = host.nowMs();
    await each();
    return (host.nowMs() - start) / way.lanes;
  };
  const [gpuTime, cpuTime] = [await secondsOf(gpuWay), await secondsOf(cpu)];
  if (gpuTime <= cpuTime) return gpuWay;
  matcher.dispose();
  return cpu;
}

interface Matching {
  photos: SolvePhoto[];
  way: MatchWay;
  host: SolveHost;
  /** Known matches by photo id, then partner's id. */
  rows: Map<string, Map<string, Matches>>;
  cacheKey(id: string): string;
}

const swapped = (matches: Matches): Matches => {
  const pairs = Array.from({ length: matches.length / 2 }, (_, k): Pair => [matches[2 * k + 1], matches[2 * k]]);
  return Uint32Array.from(pairs.sort((a, b) => a[0] - b[0]).flat());
};

const idOf = (photos: SolvePhoto[], i: number): string => photos[i].id ?? `#${String(i).padStart(6, '0')}`;

async function loadRow({ photos, host, rows, cacheKey }: Matching, i: number): Promise<void> {
  const id = idOf(photos, i);
  if (rows.has(id)) return;
  const kept = photos[i].id === null ? null : await host.cache?.get(cacheKey(id));
  rows.set(id, (kept && unpackRow(kept)) || new Map<string, Matches>());
}

/** Matches all pairs, photo by photo; `onPairs` is called with the number of pairs done. */
async function matchPairs(matching: Matching, pairs: Pair[], onPairs: (n: number) => void, signal?: AbortSignal): Promise<MatchedPair[]> {
  const { photos, way, host, rows, cacheKey } = matching;
  for (let i = 0; i < photos.length; i++) await loadRow(matching, i);
  // The photo with the smaller id leads.
  const partners = new Map<number, number[]>();
  for (const [i, j] of pairs) {
    const [lead, other] = idOf(photos, i) <= idOf(photos, j) ? [i, j] : [j, i];
    const known = rows.get(idOf(photos, lead))!.has(idOf(photos, other));
    const empty = photos[i].features.count === 0 || photos[j].features.count === 0;
    if (known || empty) onPairs(1);
    else partners.set(lead, [...(partners.get(lead) ?? []), other]);
  }
  const jobs = [...partners].flatMap(([lead, others]) => {
    const chunks: [number, number[]][] = [];
    for (let k = 0; k < others.length; k += 8) chunks.push([lead, others.slice(k, k + 8)]);
    return chunks;
  });
  const left = new Map([...partners].map(([lead, others]) => [lead, others.length]));
  await mapInFlight(
    jobs.length,
    way.lanes + 1,
    async (k) => {
      const [lead, others] = jobs[k];
      const found = await way.matchMany(
        photos[lead].features.descriptors,
        others.map((other) => photos[other].features.descriptors),
      );
      const row = rows.get(idOf(photos, lead))!;
      others.forEach((other, at) => row.set(idOf(photos, other), found[at]));
      left.set(lead, left.get(lead)! - others.length);
      if (left.get(lead) === 0 && photos[lead].id !== null) await host.cache?.put(cacheKey(photos[lead].id), packRow(row));
      onPairs(others.length);
    },
    signal,
  );
  return pairs.map(([i, j]) => {
    const [a, b] = [idOf(photos, i), idOf(photos, j)];
    const matches = a <= b ? rows.get(a)?.get(b) : rows.get(b)?.get(a);
    return { i, j, matches: a <= b ? (matches ?? new Uint32Array(0)) : swapped(matches ?? new Uint32Array(0)) };
  });
}

/** Pairs that a cheap look with the largest features finds worth matching. */
async function probe(photos: SolvePhoto[], toProbe: Pair[], way: MatchWay, signal?: AbortSignal): Promise<Pair[]> {
  if (toProbe.length === 0) return [];
  const small = photos.map(({ features }) => largestScale(features, probeFeatures));
  const byFirst = new Map<number, number[]>();
  for (const [i, j] of toProbe) byFirst.set(i, [...(byFirst.get(i) ?? []), j]);
  const firsts = [...byFirst];
  const found = await mapInFlight(
    firsts.length,
    way.lanes + 1,
    async (k) => {
      const [i, others] = firsts[k];
      const matches = await way.matchMany(
        small[i],
        others.map((j) => small[j]),
      );
      return others.map((j, at) => ({ i, j, matches: matches[at].length / 2 }));
    },
    signal,
  );
  return keepProbed(found.flat(), photos.length, probedPartners);
}

export interface MatchedPhotos {
  pairs: MatchedPair[];
  tried: number;
  /** By photo: the most matches with any other. */
  most: Uint32Array;
  matchedOn: 'gpu' | 'cpu';
}

/** Matches all photos worth matching. `onPairs(done, total)`. */
export async function matchAllPhotos(
  gpu: Gpu | null,
  photos: SolvePhoto[],
  options: { video: boolean; settingsKey: string },
  host: SolveHost,
  onPairs: (done: number, total: number) => void,
  signal?: AbortSignal,
): Promise<MatchedPhotos> {
  const way = await fasterWay(gpu, photos, host, signal);
  try {
    const { sure, toProbe } = choosePairs(photos.length, options);
    const chosen = [...sure, ...(await probe(photos, toProbe, way, signal))].sort((a, b) => a[0] - b[0] || a[1] - b[1]);
    const matching: Matching = { photos, way, host, rows: new Map(), cacheKey: (id) => `matches-${options.settingsKey}-${id}` };
    let done = 0;
    const all = await matchPairs(matching, chosen, (n) => onPairs((done += n), chosen.length), signal);
    const most = new Uint32Array(photos.length);
    for (const { i, j, matches } of all) for (const image of [i, j]) most[image] = Math.max(most[image], matches.length / 2);
    const pairs = all.filter(({ matches }) => matches.length / 2 >= leastMatches);
    return { pairs, tried: chosen.length, most, matchedOn: way.name };
  } finally {
    way.dispose();
  }
}
