/**
 * The cost policy: where a job runs, on what, and what that costs. Pure.
 * Invariant: the estimate shown to the person and the choice made later come from the same figures (policy/gpuClasses.ts).
 */
import type { CloudEstimate, CloudPreset } from '../../src/core/job/cloudApi.ts';
import type { ProviderId } from '../providers/adapter.ts';
import { type GpuClass, gpuClassOf, gpuClasses, ownClass, ownSpeed, providerTraits } from './gpuClasses.ts';

/** Lowest and highest. */
export type Range = [number, number];

export interface JobSize {
  photos: number;
  bytes: number;
  preset: CloudPreset;
}

export interface JobEstimate {
  /** On an A100 (speed 1), without the start of the machine. */
  gpuSeconds: Range;
  minutes: Range;
  /** GPU memory it takes at most. */
  memoryGb: number;
}

export interface RunChoice {
  provider: ProviderId;
  gpuClass: string;
  spot: boolean;
  /** GPU seconds to set aside; 0 where nobody bills. */
  reserveSeconds: number;
  /** Millionths of a US dollar; null where nobody bills. */
  priceMicros: Range | null;
}

/** `budget`: it is spent. `providers`: none is to be had now. `size`: no class is large or fast enough, and waiting does not help. */
export type WaitReason = 'budget' | 'providers' | 'size';

export interface ChooseQuestion extends JobSize {
  /** In order of preference. */
  providers: ProviderId[];
  /** Those that refused or lost an earlier attempt: only taken when there is no other. */
  tried: ProviderId[];
  openBreakers: ProviderId[];
  spotAllowed: boolean;
  /** Null: no limit. */
  budgetLeftSeconds: number | null;
  /** GPU classes that each is set up for; all that we have a price of where it is not said. */
  offered?: Partial<Record<ProviderId, string[]>> | undefined;
  /** The most an attempt may take; three hours unless said otherwise. */
  maxSeconds?: number | undefined;
}

/**
 * Training, in seconds on an A100. full: 30,000 steps of MCMC with a million Gaussians, 15.4 min by gsplat's authors
 * (docs/source/tests/eval.rst). preview: 7,000 steps of half as many; their 7k takes 0.155 of their 30k.
 */
const trainSeconds: Record<CloudPreset, number> = { preview: 145, full: 925 };
const millionSplats: Record<CloudPreset, number> = { preview: 0.5, full: 1 };
/** How far off the estimate may be: our judgement, for scenes differ by this much in gsplat's own table. */
const spread: Range = [0.7, 1.8];

/** A JPEG takes about 0.4 MB per megapixel: our judgement. */
const megapixelsOf = ({ photos, bytes }: JobSize): number => Math.min(Math.max(bytes / Math.max(photos, 1) / 400_000, 1), 100);

/** Pairs that are matched: all up to 200 photos, then 100 a photo (retrieval). */
const pairsOf = (photos: number): number => Math.min((photos * (photos - 1)) / 2, photos * 100);

/** What a job takes on an A100. Seconds per photo and pair are our judgement for SIFT on the GPU and the global mapper. */
export function estimateJob(size: JobSize): JobEstimate {
  const fetchSeconds = size.bytes / 50_000_000;
  const solveSeconds = size.photos * (0.15 + 0.4) + Math.max(pairsOf(size.photos), 0) * 0.008;
  const seconds = fetchSeconds + solveSeconds + trainSeconds[size.preset] + 30;
  const gpuSeconds: Range = [Math.round(seconds * spread[0]), Math.round(seconds * spread[1])];
  // gsplat: 2 GB for a million Gaussians; images and their gradients grow with the pixels; 3 GB for SIFT and the driver.
  const memoryGb = 3 + 2 * millionSplats[size.preset] + 0.25 * megapixelsOf(size);
  return { gpuSeconds, minutes: [gpuSeconds[0] / 60, gpuSeconds[1] / 60], memoryGb };
}

/** Millionths of a US dollar for so many seconds; null where nobody bills or the provider does not have the class. */
export function priceOf(provider: ProviderId, gpuClass: string, seconds: number, spot = false): number | null {
  const price = gpuClassOf(gpuClass)?.price[provider];
  if (price === undefined) return null;
  return Math.round(((spot ? price.spot : null) ?? price.onDemand) * seconds);
}

/** All our jobs keep checkpoints, so one interruption costs little; after the second the job goes where it is left alone. */
export const spotAllowedAfter = (interruptions: number): boolean => interruptions < 2;

/** What a paid run is billed for: the start of the machine and the work at its speed. */
function billedSeconds(provider: ProviderId, gpu: GpuClass, work: Range): Range {
  const start = providerTraits[provider].startSeconds;
  return [Math.ceil(start[0] + work[0] / gpu.speed), Math.ceil(start[1] + work[1] / gpu.speed)];
}

interface Candidate extends RunChoice {
  seconds: Range;
  priceMicros: Range;
}

function candidate(provider: ProviderId, gpu: GpuClass, work: Range, spotAllowed: boolean): Candidate {
  const seconds = billedSeconds(provider, gpu, work);
  const spot = spotAllowed && typeof gpu.price[provider]?.spot === 'number';
  const price = (value: number): number => priceOf(provider, gpu.name, value, spot) ?? 0;
  const priceMicros: Range = [price(seconds[0]), price(seconds[1])];
  return { provider, gpuClass: gpu.name, spot, reserveSeconds: seconds[1], priceMicros, seconds };
}

/**
 * Of the classes of a provider that are large enough: the cheapest that is in time even by the highest estimate; when `bold`, the fastest
 * that is by the lowest. A run that is cut off goes on from its checkpoint, so that is better than none.
 */
function bestOf(question: ChooseQuestion, provider: ProviderId, bold: boolean): Candidate | null {
  const { gpuSeconds, memoryGb } = estimateJob(question);
  const offered = question.offered?.[provider];
  const limit = Math.min(question.maxSeconds ?? 3 * 3600, providerTraits[provider].maxRunSeconds);
  const fitting = gpuClasses
    .filter((gpu) => gpu.price[provider] !== undefined && gpu.memoryGb >= memoryGb && (offered?.includes(gpu.name) ?? true))
    .map((gpu) => candidate(provider, gpu, gpuSeconds, question.spotAllowed));
  const inTime = fitting.filter(({ seconds }) => seconds[bold ? 0 : 1] <= limit);
  const best = inTime.sort((a, b) => (bold ? a.seconds[1] - b.seconds[1] : a.priceMicros[1] - b.priceMicros[1])).at(0);
  return best ? { ...best, reserveSeconds: Math.min(best.reserveSeconds, Math.ceil(limit)) } : null;
}

/** Providers that may be asked, untried ones first, each in the operator's order. */
function inOrder({ providers, tried, openBreakers }: ChooseQuestion): ProviderId[] {
  const able = providers.filter((provider) => !openBreakers.includes(provider));
  return [...able.filter((provider) => !tried.includes(provider)), ...able.filter((provider) => tried.includes(provider))];
}

const ownRun = (provider: ProviderId): RunChoice => ({ provider, gpuClass: ownClass, spot: false, reserveSeconds: 0, priceMicros: null });

/**
 * Where a job runs next, or why it cannot. The operator's order of providers comes first, the price decides within a provider; a run that
 * may not be in time is only begun where no provider has a better one.
 */
export function chooseRun(question: ChooseQuestion): RunChoice | { wait: WaitReason } {
  const order = inOrder(question);
  if (order.length === 0) return { wait: 'providers' };
  const sure = order.map((provider) => (providerTraits[provider].free ? ownRun(provider) : bestOf(question, provider, false)));
  const bold = order.filter((_, index) => !sure[index]).map((provider) => bestOf(question, provider, true));
  const able = [...sure, ...bold].filter((choice) => choice !== null);
  const left = question.budgetLeftSeconds ?? Infinity;
  const best = able.find(({ reserveSeconds }) => reserveSeconds === 0 || reserveSeconds <= left);
  if (best) {
    const { provider, gpuClass, spot, reserveSeconds, priceMicros } = best;
    return { provider, gpuClass, spot, reserveSeconds, priceMicros };
  }
  if (able.length > 0) return { wait: 'budget' };
  // A provider that is out of order might be the one that is large enough.
  return { wait: question.openBreakers.some((provider) => question.providers.includes(provider)) ? 'providers' : 'size' };
}

/** In cents, rounded away from what would be too good to be true. */
const dollars = ([low, high]: Range): Range => [Math.floor(low / 10_000) / 100, Math.ceil(high / 10_000) / 100];

/**
 * What is shown to the person before anything is sent: from the order to the finished model, and the price.
 * @param waitSeconds how long jobs before it will take, lowest and highest
 */
export function estimateForPerson(
  size: JobSize,
  where: Pick<ChooseQuestion, 'providers' | 'openBreakers' | 'offered' | 'maxSeconds'>,
  waitSeconds: Range = [0, 0],
): CloudEstimate {
  const choice = chooseRun({ ...size, ...where, tried: [], spotAllowed: true, budgetLeftSeconds: null });
  const { gpuSeconds } = estimateJob(size);
  const minutes = (start: Range, speed: Range): Range => [
    Math.max(1, Math.round((waitSeconds[0] + start[0] + gpuSeconds[0] / speed[1]) / 60)),
    Math.max(1, Math.ceil((waitSeconds[1] + start[1] + gpuSeconds[1] / speed[0]) / 60)),
  ];
  if ('wait' in choice) return { minutes: minutes([0, 0], ownSpeed), price: null, currency: null };
  const speed = gpuClassOf(choice.gpuClass)?.speed;
  const start = providerTraits[choice.provider].startSeconds;
  const price = choice.priceMicros && dollars(choice.priceMicros);
  return { minutes: minutes(start, speed === undefined ? ownSpeed : [speed, speed]), price, currency: price && 'USD' };
}
