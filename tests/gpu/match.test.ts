/** Matching on the GPU, packed and plain, with all features and on the portable floor: exactly the matches of brute force. */
import { afterAll, describe, expect, test } from 'vitest';
import { type MatchArithmetic, createMatcher } from '../../src/core/sfm/matcher.ts';
import { matchReference } from '../../src/core/sfm/matcher.ref.ts';
import { descriptorPairs, pairOf, randomDescriptors } from '../unit/sfm/descriptors.ts';
import { openTestGpus } from './openTestGpu.ts';

const { full, portable } = await openTestGpus();
const pairs = descriptorPairs();
const found = pairs.map(({ first, other }) => matchReference(first, other).flat());
const variants = (['packed', 'plain'] as MatchArithmetic[]).flatMap((arithmetic) => [
  { arithmetic, device: 'full', gpu: full },
  { arithmetic, device: 'portable', gpu: portable },
]);

describe.each(variants)('$arithmetic on the $device device', async ({ arithmetic, gpu }) => {
  const matcher = await createMatcher(gpu, { arithmetic });
  afterAll(() => matcher.dispose());

  test.each(pairs.map((pair, k) => ({ ...pair, want: found[k] })))('$name', async ({ first, other, want }) => {
    const [{ matches }] = await matcher.match(first, [other]);
    expect([...matches]).toEqual(want);
  });

  test('many others at once, of all sizes, empty ones and one twice among them', async () => {
    const { first, other } = pairOf(90, 130, 70);
    const others = [other, new Uint8Array(0), ...[1, 33, 300, 64].map((n) => pairOf(90, 130, n).other), other];
    const want = others.map((one) => matchReference(first, one).flat());
    const got = await matcher.match(first, others);
    expect(got.map(({ matches }) => [...matches])).toEqual(want);
    expect(want[0].length).toBeGreaterThan(20);
  });
});

/** Room for 400 descriptors, so that photos leave the atlas and come back, and several batches are needed. */
test('a small atlas and calls side by side change nothing', async () => {
  const matcher = await createMatcher(portable, { atlasCapacity: 400 });
  const photos = Array.from({ length: 7 }, (_, k) => pairOf(95, 100, 60 + 10 * k).other);
  const calls = photos.map((first) => matcher.match(first, photos));
  const got = (await Promise.all(calls)).map((row) => row.map(({ matches }) => [...matches]));
  expect(got).toEqual(photos.map((first) => photos.map((other) => matchReference(first, other).flat())));
  matcher.dispose();
});

test('a photo too large for the atlas is matched all the same', async () => {
  const matcher = await createMatcher(portable, { atlasCapacity: 90 });
  const { first, other } = pairOf(97, 40, 20);
  const results = [await matcher.match(first, [other]), await matcher.match(other, [first, other])].flat();
  const want = [matchReference(first, other), matchReference(other, first), matchReference(other, other)];
  expect(results.map(({ matches }) => [...matches])).toEqual(want.map((pairs) => pairs.flat()));
  matcher.dispose();
});

test('after dispose() nothing stays on the GPU', async () => {
  const before = portable.memory.liveBytes;
  const matcher = await createMatcher(portable);
  expect(portable.memory.liveBytes).toBeGreaterThan(before);
  matcher.dispose();
  expect(portable.memory.liveBytes).toBe(before);
});

test('measuring at start chooses one of the two', async () => {
  const clock = (times: number[]) => () => times.shift()!;
  const packedWins = await createMatcher(portable, { nowMs: clock([0, 5, 10, 16]) });
  const plainWins = await createMatcher(portable, { nowMs: clock([0, 5, 10, 14]) });
  expect([packedWins.arithmetic, plainWins.arithmetic]).toEqual(['packed', 'plain']);
  packedWins.dispose();
  plainWins.dispose();
});

test('an aborted call rejects with the reason and leaves the matcher usable', async () => {
  const matcher = await createMatcher(portable);
  const photo = randomDescriptors(98, 70);
  const copy = photo.slice();
  await expect(matcher.match(photo, [copy], AbortSignal.abort(new Error('early')))).rejects.toThrow('early');
  const later = new AbortController();
  const running = matcher.match(photo, [copy, photo], later.signal);
  later.abort(new Error('late'));
  await expect(running).rejects.toThrow('late');
  expect((await matcher.match(photo, [copy]))[0].matches.length).toBe(140);
  matcher.dispose();
});

test('dispose() in the middle of a call makes the call reject, without an error anywhere else', async () => {
  const photo = randomDescriptors(99, 200);
  const others = Array.from({ length: 700 }, () => photo);
  for (const isUnderWay of [false, true]) {
    const matcher = await createMatcher(portable);
    const outcome = matcher.match(photo, others).then(
      () => 'done',
      () => 'rejected',
    );
    // At once, or while the first batches are running and the third waits for one of them.
    if (isUnderWay) await new Promise((resolve) => setTimeout(resolve, 5));
    matcher.dispose();
    expect(await outcome).toBe('rejected');
  }
});
