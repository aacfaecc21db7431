import { describe, expect, it } from 'vitest';
import {
  type ChooseQuestion,
  type JobSize,
  type RunChoice,
  chooseRun,
  estimateForPerson,
  estimateJob,
  priceOf,
  spotAllowedAfter,
} from '../../../cloud/policy/costPolicy.ts';
import { gpuClassOf, gpuClasses } from '../../../cloud/policy/gpuClasses.ts';
import { planInstance } from '../../../cloud/policy/instancePlan.ts';
import type { Instance } from '../../../cloud/providers/instanceBook.ts';
import { estimate as contract } from '../../../src/core/job/cloudSchema.ts';

const size = (photos: number, megabytesEach = 3, preset: JobSize['preset'] = 'full'): JobSize => ({
  photos,
  bytes: photos * megabytesEach * 1_000_000,
  preset,
});
const question = (given: Partial<ChooseQuestion> = {}): ChooseQuestion => ({
  ...size(100),
  providers: ['runpod'],
  tried: [],
  openBreakers: [],
  spotAllowed: true,
  budgetLeftSeconds: null,
  ...given,
});
function chosen(given: Partial<ChooseQuestion> = {}): RunChoice {
  const choice = chooseRun(question(given));
  if ('wait' in choice) throw new Error(choice.wait);
  return choice;
}

describe('the estimate of a job', () => {
  it('is about what gsplat takes for its 30,000 steps, and the poses before', () => {
    const { gpuSeconds } = estimateJob(size(150));
    // 15.4 min on an A100 for training alone.
    expect(gpuSeconds[0]).toBeLessThan(15.4 * 60 + 400);
    expect(gpuSeconds[1]).toBeGreaterThan(15.4 * 60);
  });

  it('grows with photos and bytes, and is less for a preview', () => {
    let last = 0;
    for (const photos of [1, 20, 100, 199, 200, 201, 202, 500, 1000]) {
      const { gpuSeconds } = estimateJob(size(photos));
      expect(gpuSeconds[0]).toBeGreaterThan(last);
      expect(gpuSeconds[1]).toBeGreaterThan(gpuSeconds[0]);
      last = gpuSeconds[0];
    }
    expect(estimateJob(size(100, 30)).memoryGb).toBeGreaterThan(estimateJob(size(100, 3)).memoryGb);
    expect(estimateJob(size(100, 3, 'preview')).gpuSeconds[1]).toBeLessThan(estimateJob(size(100)).gpuSeconds[0]);
  });

  it('is a number for anything that is asked', () => {
    for (const photos of [0, 1, 1e6])
      for (const bytes of [0, 1, 1e15]) {
        const { gpuSeconds, memoryGb } = estimateJob({ photos, bytes, preset: 'full' });
        for (const value of [...gpuSeconds, memoryGb]) expect(Number.isFinite(value) && value > 0).toBe(true);
      }
  });
});

describe('prices', () => {
  it('are the provider’s, a second at a time', () => {
    // 30 minutes of a 4090 at $0.00031.
    expect(priceOf('runpod', 'rtx-4090', 1800)).toBe(558_000);
    expect(priceOf('vast', 'rtx-4090', 100, true)).toBe(9_000);
    expect(priceOf('runpod', 'rtx-4090', 100, true)).toBe(31_000);
  });
  it('are none where nobody bills or the class is not to be had', () => {
    expect(priceOf('pull', 'own', 100)).toBeNull();
    expect(priceOf('modal', 'rtx-4090', 100)).toBeNull();
    expect(priceOf('runpod', 'no-such', 100)).toBeNull();
  });
  it('of spot capacity are always lower', () => {
    for (const { price } of gpuClasses) {
      for (const { spot, onDemand } of Object.values(price)) expect(spot ?? 0).toBeLessThan(onDemand);
    }
  });
});

describe('the choice', () => {
  it.each(['runpod', 'modal', 'replicate', 'vast'] as const)('within %s is the cheapest class that fits', (provider) => {
    const choice = chosen({ providers: [provider], ...size(60, 3, 'preview') });
    const { gpuSeconds, memoryGb } = estimateJob(size(60, 3, 'preview'));
    const cost = (name: string): number => {
      const gpu = gpuClassOf(name);
      const price = gpu?.price[provider];
      return price ? (price.spot ?? price.onDemand) * (gpuSeconds[1] / (gpu?.speed ?? 1)) : Infinity;
    };
    for (const { name, memoryGb: has } of gpuClasses) {
      // The start of the machine is billed too, so a near tie may go either way.
      if (has >= memoryGb) expect(cost(choice.gpuClass)).toBeLessThanOrEqual(cost(name) * 1.15);
    }
  });

  it('takes a larger card when the photos are large', () => {
    expect(gpuClassOf(chosen().gpuClass)?.memoryGb).toBe(24);
    expect(gpuClassOf(chosen(size(100, 40)).gpuClass)?.memoryGb).toBeGreaterThan(24);
  });

  it('takes a faster card when time is short', () => {
    const slow = chosen({ offered: { runpod: ['l4', 'h100'] }, ...size(20, 3, 'preview') });
    expect(slow.gpuClass).toBe('l4');
    expect(chosen({ offered: { runpod: ['l4', 'h100'] }, maxSeconds: 2000 }).gpuClass).toBe('h100');
  });

  it('gives Replicate no job that may take more than 30 minutes, unless there is nobody else', () => {
    expect(chosen({ providers: ['replicate', 'runpod'], ...size(1000) }).provider).toBe('runpod');
    expect(chosen({ providers: ['replicate', 'runpod'], ...size(20, 3, 'preview') }).provider).toBe('replicate');
    expect(chosen({ providers: ['replicate'], ...size(1000) })).toMatchObject({ gpuClass: 'h100', reserveSeconds: 1800 });
    expect(chooseRun(question({ providers: ['replicate'], ...size(3000) }))).toEqual({ wait: 'size' });
  });

  it('waits for a provider that is out of order when the others are too small', () => {
    const given = { providers: ['runpod' as const, 'replicate' as const], ...size(3000) };
    expect(chooseRun(question({ ...given, openBreakers: ['runpod'] }))).toEqual({ wait: 'providers' });
  });

  it('keeps to the classes that are set up', () => {
    expect(chosen({ offered: { runpod: ['l40s'] } }).gpuClass).toBe('l40s');
    expect(chooseRun(question({ offered: { runpod: [] } }))).toEqual({ wait: 'size' });
  });

  it('follows the operator’s order, then goes elsewhere after a failure, and comes back when there is no other', () => {
    const providers: ChooseQuestion['providers'] = ['modal', 'runpod'];
    expect(chosen({ providers }).provider).toBe('modal');
    expect(chosen({ providers, tried: ['modal'] }).provider).toBe('runpod');
    expect(chosen({ providers, tried: ['modal', 'runpod'] }).provider).toBe('modal');
    expect(chosen({ providers, openBreakers: ['modal'] }).provider).toBe('runpod');
    expect(chosen({ providers, tried: ['runpod'], openBreakers: ['modal'] }).provider).toBe('runpod');
    expect(chooseRun(question({ providers, openBreakers: ['runpod', 'modal'] }))).toEqual({ wait: 'providers' });
  });

  it('prefers spot capacity until a job was interrupted twice', () => {
    const vast = (interruptions: number): RunChoice => chosen({ providers: ['vast'], spotAllowed: spotAllowedAfter(interruptions) });
    expect(vast(0).spot).toBe(true);
    expect(vast(1).spot).toBe(true);
    expect(vast(2).spot).toBe(false);
    expect(vast(2).priceMicros?.[1]).toBeGreaterThan(vast(0).priceMicros?.[1] ?? Infinity);
    expect(chosen().spot).toBe(false);
  });

  it('never sets aside more than is left', () => {
    const need = chosen().reserveSeconds;
    expect(chosen({ budgetLeftSeconds: need }).reserveSeconds).toBe(need);
    expect(chooseRun(question({ budgetLeftSeconds: need - 1 }))).toEqual({ wait: 'budget' });
    expect(chooseRun(question({ budgetLeftSeconds: 0 }))).toEqual({ wait: 'budget' });
  });

  it('costs nothing on machines of one’s own, whatever is left', () => {
    const own = { gpuClass: 'own', spot: false, reserveSeconds: 0, priceMicros: null };
    for (const provider of ['local', 'pull'] as const) {
      expect(chooseRun(question({ providers: [provider], budgetLeftSeconds: 0 }))).toEqual({ provider, ...own });
    }
    expect(chosen({ providers: ['runpod', 'pull'], budgetLeftSeconds: 0 }).provider).toBe('pull');
  });

  it('sets aside what the price is of, and no more than an attempt may take', () => {
    const choice = chosen();
    expect(choice.priceMicros?.[1]).toBe(priceOf('runpod', choice.gpuClass, choice.reserveSeconds));
    expect(chosen({ offered: { runpod: ['l4'] }, maxSeconds: 3000 }).reserveSeconds).toBeLessThanOrEqual(3000);
  });
});

describe('what the person is shown', () => {
  const where = { providers: ['runpod' as const], openBreakers: [] };

  it('is what the contract allows, in dollars', () => {
    for (const photos of [1, 20, 300, 1000]) {
      const estimate = contract.parse(estimateForPerson(size(photos), where));
      expect(estimate.currency).toBe('USD');
      expect(estimate.price?.[1]).toBeGreaterThan(0);
      expect(estimate.price?.[1]).toBeLessThan(20);
    }
  });

  it('covers the price of the run that is then chosen', () => {
    const estimate = estimateForPerson(size(100), where);
    const [low, high] = chosen().priceMicros ?? [NaN, NaN];
    expect(estimate.price?.[0]).toBeLessThanOrEqual(low / 1e6);
    expect(estimate.price?.[1]).toBeGreaterThanOrEqual(high / 1e6);
  });

  it('is free and says so on machines of one’s own', () => {
    expect(estimateForPerson(size(100), { ...where, providers: ['local'] })).toMatchObject({ price: null, currency: null });
  });

  it('counts the jobs before', () => {
    const [alone, behind] = [estimateForPerson(size(100), where), estimateForPerson(size(100), where, [600, 1200])];
    expect(behind.minutes[0]).toBe(alone.minutes[0] + 10);
    expect(behind.minutes[1]).toBe(alone.minutes[1] + 20);
  });

  it('is there even when nothing can be had now', () => {
    const estimate = contract.parse(estimateForPerson(size(100), { ...where, openBreakers: ['runpod'] }));
    expect(estimate.price).toBeNull();
  });
});

describe('which machine a job goes to', () => {
  const machine = (id: string, seconds: number[], given: Partial<Instance> = {}): Instance => ({
    id,
    externalId: id,
    gpuClass: 'rtx-4090',
    spot: false,
    status: 'running',
    createdAtMs: 0,
    seenAtMs: 0,
    idleSinceMs: null,
    jobs: seconds.map((each, index) => ({ externalId: `${id}/job_${index}`, held: index === 0, seconds: each })),
    ...given,
  });
  const job = { name: 'job_x-1', gpuClass: 'rtx-4090', spot: true, seconds: 600 };

  it('is the fullest with room', () => {
    expect(planInstance([machine('a', []), machine('b', [900]), machine('c', [1300])], job)).toEqual({ use: 'b' });
  });
  it('is an empty one for a job of any size', () => {
    expect(planInstance([machine('a', [])], { ...job, seconds: 9000 })).toEqual({ use: 'a' });
  });
  it('is never of another class, nor one that is going', () => {
    const others = [machine('a', [], { gpuClass: 'l4' }), machine('b', [], { status: 'stopping' }), machine('c', [], { status: 'gone' })];
    expect(planInstance(others, job)).toEqual({ start: true });
  });
  it('is no spot machine when the job must not be interrupted', () => {
    const spot = [machine('a', [], { spot: true })];
    expect(planInstance(spot, job)).toEqual({ use: 'a' });
    expect(planInstance(spot, { ...job, spot: false })).toEqual({ start: true });
  });
  it('counts machines that are going, for they are billed too', () => {
    const limits = { machines: 2, batchSeconds: 1800, idleSeconds: 300, startSeconds: 1200 };
    const full = [machine('a', [1800]), machine('b', [], { status: 'stopping' })];
    expect(planInstance(full, job, limits)).toMatchObject({ wait: /2 machines/ });
    expect(planInstance([...full.slice(0, 1), machine('b', [], { status: 'gone' })], job, limits)).toEqual({ start: true });
  });
});
