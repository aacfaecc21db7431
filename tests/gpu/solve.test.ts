/**
 * Solving end to end in Node on photos with exact cameras: accuracy, order, cache, cancelling, and every way it can fail.
 * Truth is the procedural scene's own cameras.
 */
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createNodePool } from '../../src/cli/sfmPool.ts';
import { decodeForSolving } from '../../src/cli/solveDecode.ts';
import type { Gpu } from '../../src/core/gpu/device.ts';
import type { JobEvent } from '../../src/core/job/events.ts';
import type { Failure, Result } from '../../src/core/job/failure.ts';
import { cameraCentre } from '../../src/core/math/pose.ts';
import { matrixOfQuaternion, type Vector3 } from '../../src/core/math/rotation.ts';
import type { Pose, View } from '../../src/core/scene/camera.ts';
import type { Pixels, SourceFile } from '../../src/core/scene/dataset.ts';
import type { ByteCache, Solved, SolveHost, SolveOptions } from '../../src/core/sfm/contract.ts';
import { solve } from '../../src/core/sfm/solve.ts';
import { lens, lookAt, photograph, proceduralScene } from '../fixtures/proceduralScene.ts';
import { openTestGpus } from './openTestGpu.ts';

const { full } = await openTestGpus();
const minuteMs = 60_000;
const size = { widthPx: 400, heightPx: 300 };
const scene = proceduralScene({ ...size, viewCount: 24, pointCount: 1, detail: true });
const truth = scene.reconstruction.views;
const pool = createNodePool(2);
afterAll(() => pool.dispose());

async function fileOf(name: string, { widthPx: width, heightPx: height, rgba }: Pixels): Promise<SourceFile> {
  const bytes = new Uint8Array(
    await sharp(rgba, { raw: { width, height, channels: 4 } })
      .removeAlpha()
      .png()
      .toBuffer(),
  );
  return { path: name, sizeBytes: bytes.length, bytes: () => Promise.resolve(bytes) };
}

let photos: SourceFile[] = [];
beforeAll(async () => {
  photos = await Promise.all(truth.map(({ photoName }, i) => fileOf(photoName, scene.photos[i])));
});

interface Run {
  result: Result<Solved>;
  events: JobEvent[];
  decoded: string[];
}

interface RunOptions {
  gpu?: Gpu | null;
  options?: SolveOptions;
  cache?: ByteCache;
  signal?: AbortSignal;
  onEvent?(event: JobEvent): void;
}

async function run(files: SourceFile[], { gpu = full, options = {}, cache, signal, onEvent }: RunOptions = {}): Promise<Run> {
  const decoded: string[] = [];
  const events: JobEvent[] = [];
  const host: SolveHost = {
    nowMs: () => performance.now(),
    decode: (file, maxSidePx) => {
      decoded.push(file.path);
      return decodeForSolving(file, maxSidePx);
    },
    pool,
    ...(cache && { cache }),
  };
  const emit = (event: JobEvent): void => {
    events.push(event);
    onEvent?.(event);
  };
  return { result: await solve(gpu, files, options, host, { emit }, signal), events, decoded };
}

function solvedOf({ result }: Run): Solved {
  if (!result.ok) throw new Error(`${result.failure.code}: ${result.failure.detail}`);
  return result.value;
}

function failureOf({ result }: Run): Failure {
  if (result.ok) throw new Error(`solved ${result.value.report.registered} photos`);
  return result.failure;
}

const degrees = (radians: number): number => (180 / Math.PI) * radians;

/** Angle between two rotations of the same kind, degrees. */
function angleBetween(a: number[], b: number[]): number {
  const trace = a.reduce((sum, value, k) => sum + value * b[k], 0);
  return degrees(Math.acos(Math.min(1, Math.max(-1, (trace - 1) / 2))));
}

const relative = (from: Pose, to: Pose): { rotation: number[]; direction: Vector3 } => {
  const [a, b] = [matrixOfQuaternion(from.q), matrixOfQuaternion(to.q)];
  const rotation = Array.from({ length: 9 }, (_, at) =>
    [0, 1, 2].reduce((sum, k) => sum + b[3 * Math.floor(at / 3) + k] * a[3 * (at % 3) + k], 0),
  );
  const [ca, cb] = [cameraCentre(from), cameraCentre(to)];
  const step = [ca[0] - cb[0], ca[1] - cb[1], ca[2] - cb[2]];
  const inB = [0, 1, 2].map((r) => b[3 * r] * step[0] + b[3 * r + 1] * step[1] + b[3 * r + 2] * step[2]) as Vector3;
  const length = Math.hypot(...inB);
  return { rotation, direction: inB.map((v) => v / length) as Vector3 };
};

/** By pair of views: the larger of the rotation's and the direction's error in degrees, as pose benchmarks count it. */
function pairErrors(views: View[]): number[] {
  const poseOf = new Map(truth.map(({ photoName, pose }) => [photoName, pose]));
  const errors: number[] = [];
  for (let i = 0; i < views.length; i++)
    for (let j = i + 1; j < views.length; j++) {
      const [is, was] = [
        relative(views[i].pose, views[j].pose),
        relative(poseOf.get(views[i].photoName)!, poseOf.get(views[j].photoName)!),
      ];
      const cosine = is.direction.reduce((sum, v, c) => sum + v * was.direction[c], 0);
      errors.push(Math.max(angleBetween(is.rotation, was.rotation), degrees(Math.acos(Math.min(1, cosine)))));
    }
  return errors.sort((a, b) => a - b);
}

function memoryCache(): ByteCache & { entries: Map<string, Uint8Array> } {
  const entries = new Map<string, Uint8Array>();
  return {
    entries,
    get: (key) => Promise.resolve(entries.get(key) ?? null),
    put: (key, bytes) => Promise.resolve(void entries.set(key, bytes)),
  };
}

/** What the first run found and matched. It changes no result, which the repeated run and the one with bad entries show. */
const known = memoryCache();
let first: Run;
beforeAll(async () => {
  first = await run(photos, { cache: known });
}, 4 * minuteMs);

/** The entries of `known` of some kinds, to read only. */
const keptOf = (...kinds: ('features' | 'matches')[]): ByteCache => ({
  get: (key) => (kinds.some((kind) => key.startsWith(kind)) ? known.get(key) : Promise.resolve(null)),
  put: () => Promise.resolve(),
});
const kept = keptOf('features', 'matches');

describe('24 photos of a scene with exact cameras', () => {
  test('all are placed, to a tenth of a degree, and the focal length is found without any hint', () => {
    const { reconstruction, report } = solvedOf(first);
    expect(report.registered).toBe(24);
    expect(report.leftOut).toEqual([]);
    const errors = pairErrors(reconstruction.views);
    expect(errors[errors.length >> 1]).toBeLessThan(0.1);
    expect(errors.at(-1)).toBeLessThan(0.5);
    expect(reconstruction.cameras[0].fx / scene.reconstruction.cameras[0].fx).toBeCloseTo(1, 2);
    expect(report.meanReprojectionErrorPx).toBeLessThan(0.5);
  });

  test('gravity points along +y, the middle is near the origin and cameras are a unit away', () => {
    const { reconstruction } = solvedOf(first);
    // World z is up in the truth: its down, seen by a camera, must be the frame's +y.
    for (const { photoName, pose } of reconstruction.views) {
      const was = matrixOfQuaternion(truth.find((view) => view.photoName === photoName)!.pose.q);
      const is = matrixOfQuaternion(pose.q);
      const cosine = [0, 1, 2].reduce((sum, r) => sum - was[3 * r + 2] * is[3 * r + 1], 0);
      expect(degrees(Math.acos(Math.min(1, cosine)))).toBeLessThan(5);
    }
    const distances = reconstruction.views.map(({ pose }) => Math.hypot(...cameraCentre(pose))).sort((a, b) => a - b);
    expect(distances[12]).toBeCloseTo(1, 1);
  });

  test('observations and tracks agree with the points', () => {
    const { reconstruction, observations } = solvedOf(first);
    const seen = new Uint32Array(reconstruction.points.count);
    for (const { point } of observations) for (const id of point) if (id >= 0) seen[id]++;
    expect([...seen]).toEqual([...reconstruction.points.trackLength]);
  });

  test('progress counts photos, pairs and cameras up to their totals', () => {
    for (const [stage, total] of [
      ['features', 24],
      ['pairs', 276],
    ] as const) {
      const steps = first.events.filter((event) => event.type === 'progress' && event.stage === stage);
      expect(steps.at(-1)).toMatchObject({ done: total, total });
    }
    expect(first.events).toContainEqual(expect.objectContaining({ stage: 'cameras', done: 24, total: 24, unit: 'cameras' }));
  });

  test(
    'the order in which the files are given does not count, and a run can be repeated bit for bit',
    async () => {
      const again = solvedOf(await run([...photos].reverse()));
      expect(again.reconstruction).toEqual(solvedOf(first).reconstruction);
    },
    4 * minuteMs,
  );
});

describe('some of the photos', () => {
  const some = (...indices: number[]): SourceFile[] => indices.map((i) => photos[i]);

  test(
    'without a GPU the processor does it all',
    async () => {
      const { reconstruction, report } = solvedOf(await run(some(0, 1, 2, 3, 4, 5), { gpu: null }));
      expect(report).toMatchObject({ registered: 6, adapter: null, matchedOn: 'cpu' });
      expect(pairErrors(reconstruction.views)[7]).toBeLessThan(0.3);
    },
    2 * minuteMs,
  );

  test(
    'known intrinsics are kept as given',
    async () => {
      const [camera] = scene.reconstruction.cameras;
      const intrinsics = { ...size, fx: camera.fx, fy: camera.fy, cx: camera.cx, cy: camera.cy, k1: 0, k2: 0 };
      const { reconstruction } = solvedOf(await run(some(0, 1, 2, 3, 4, 5), { options: { intrinsics }, cache: kept }));
      expect(reconstruction.cameras).toMatchObject([{ fx: camera.fx, fy: camera.fy, cx: camera.cx, cy: camera.cy, k1: 0, k2: 0 }]);
    },
    2 * minuteMs,
  );

  test(
    'more photos cost only themselves, and bad cache entries cost nothing',
    async () => {
      const cache = memoryCache();
      expect((await run(some(0, 1, 2, 3, 4), { cache })).decoded).toHaveLength(5);
      const spoilt = [...cache.entries.keys()].find((key) => key.startsWith('features'))!;
      cache.entries.set(spoilt, cache.entries.get(spoilt)!.subarray(0, 1000));
      const more = await run(some(0, 1, 2, 3, 4, 5), { cache });
      expect(more.decoded).toHaveLength(2);
      const fresh = await run(some(0, 1, 2, 3, 4, 5));
      expect(solvedOf(more).reconstruction).toEqual(solvedOf(fresh).reconstruction);
    },
    3 * minuteMs,
  );

  test.each([
    ['features', keptOf()],
    ['pairs', keptOf('features')],
    ['cameras', kept],
  ] as const)(
    'an abort during %s ends it within half a second',
    async (stage, cache) => {
      const abort = new AbortController();
      let abortedMs = Infinity;
      const onEvent = (event: JobEvent): void => {
        if (event.type !== 'progress' || event.stage !== stage || abort.signal.aborted) return;
        abortedMs = performance.now();
        abort.abort();
      };
      const { code } = failureOf(await run(some(0, 1, 2, 3, 4, 5), { signal: abort.signal, onEvent, cache }));
      expect(code).toBe('cancelled');
      expect(performance.now() - abortedMs).toBeLessThan(500);
    },
    2 * minuteMs,
  );

  test(
    'two groups that see different sides: the larger is kept, the rest is named',
    async () => {
      const { report, warnings } = solvedOf(await run(some(0, 1, 2, 3, 4, 12, 13, 14), { cache: kept }));
      expect(report.registered).toBe(5);
      expect(warnings.map(({ code }) => code)).toEqual(['partial', 'split']);
      expect(report.leftOut.map(({ photo, reason }) => [photo, reason])).toEqual(
        [12, 13, 14].map((i) => [truth[i].photoName, 'another-group']),
      );
    },
    2 * minuteMs,
  );

  test(
    'blank, tiny, damaged and foreign photos are left out by name; the rest is solved',
    async () => {
      const flat = (widthPx: number, heightPx: number): Pixels => ({
        widthPx,
        heightPx,
        rgba: new Uint8Array(4 * widthPx * heightPx).fill(127),
      });
      const cut = await photos[6].bytes();
      const bad: SourceFile[] = [
        await fileOf('blank.png', flat(400, 300)),
        await fileOf('tiny.png', flat(1, 1)),
        { path: 'cut.png', sizeBytes: 0, bytes: () => Promise.resolve(cut.subarray(0, cut.length >> 1)) },
        { path: 'gone.png', sizeBytes: 0, bytes: () => Promise.reject(new Error('gone')) },
      ];
      const { report, warnings } = solvedOf(await run([...some(0, 1, 2, 3, 4, 5), ...bad], { cache: kept }));
      expect(report.registered).toBe(6);
      expect(Object.fromEntries(report.leftOut.map(({ photo, reason }) => [photo, reason]))).toEqual({
        'blank.png': 'low-texture',
        'tiny.png': 'low-texture',
        'cut.png': 'unreadable',
        'gone.png': 'unreadable',
      });
      expect(warnings[0]).toMatchObject({ code: 'partial', photos: expect.arrayContaining(['cut.png', 'blank.png']) as string[] });
    },
    2 * minuteMs,
  );
});

/** The same picture a quarter turn clockwise. */
function turned({ widthPx, heightPx, rgba }: Pixels): Pixels {
  const out = new Uint8Array(rgba.length);
  for (let y = 0; y < heightPx; y++)
    for (let x = 0; x < widthPx; x++) {
      const from = 4 * (y * widthPx + x);
      out.set(rgba.subarray(from, from + 4), 4 * (x * heightPx + (heightPx - 1 - y)));
    }
  return { widthPx: heightPx, heightPx: widthPx, rgba: out };
}

describe('photos that are held or sized otherwise', () => {
  test(
    'portrait and landscape of one camera share a lens and are all placed',
    async () => {
      const files = await Promise.all(
        [0, 1, 2, 3, 4, 5].map((i) => fileOf(`photo${i}.png`, i % 2 === 1 ? turned(scene.photos[i]) : scene.photos[i])),
      );
      const { report, reconstruction } = solvedOf(await run(files));
      expect(report.registered).toBe(6);
      expect(report.cameras).toHaveLength(1);
      expect(reconstruction.cameras.map(({ widthPx, heightPx }) => [widthPx, heightPx]).sort()).toEqual([
        [300, 400],
        [400, 300],
      ]);
      expect(reconstruction.cameras[0].fx).toBe(reconstruction.cameras[1].fx);
      // A quarter turn in the picture is one of the camera: neighbours differ by their true turn and 90 degrees of roll.
      const [a, b] = reconstruction.views.map(({ pose }) => pose);
      const [ta, tb] = [truth[0].pose, truth[1].pose];
      const quarter = [0, -1, 0, 1, 0, 0, 0, 0, 1];
      const expected = relative(ta, tb).rotation;
      const rolled = Array.from({ length: 9 }, (_, at) =>
        [0, 1, 2].reduce((sum, k) => sum + quarter[3 * Math.floor(at / 3) + k] * expected[3 * k + (at % 3)], 0),
      );
      expect(angleBetween(relative(a, b).rotation, rolled)).toBeLessThan(0.3);
    },
    2 * minuteMs,
  );

  test(
    'one huge photo among small ones does no harm',
    async () => {
      const { widthPx: width, heightPx: height, rgba } = scene.photos[5];
      const bytes = new Uint8Array(
        await sharp(rgba, { raw: { width, height, channels: 4 } })
          .removeAlpha()
          .resize(6000, 4500)
          .jpeg()
          .toBuffer(),
      );
      const huge: SourceFile = { path: 'huge.jpg', sizeBytes: bytes.length, bytes: () => Promise.resolve(bytes) };
      const { report, reconstruction } = solvedOf(await run([...[0, 1, 2, 3, 4].map((i) => photos[i]), huge], { cache: kept }));
      expect(report.registered).toBeGreaterThanOrEqual(5);
      const camera = reconstruction.cameras.find(({ widthPx }) => widthPx === 6000);
      if (camera) expect(camera.fx / (1.05 * 6000)).toBeCloseTo(1, 1);
    },
    2 * minuteMs,
  );
});

describe('what cannot be solved', () => {
  test('two photos are too few', async () => {
    expect(failureOf(await run(photos.slice(0, 2))).code).toBe('too-few-photos');
  });

  test('blank photos show too little', async () => {
    const blank: Pixels = { widthPx: 200, heightPx: 150, rgba: new Uint8Array(4 * 200 * 150).fill(90) };
    const files = await Promise.all([0, 1, 2, 3].map((i) => fileOf(`blank${i}.png`, blank)));
    expect(failureOf(await run(files)).code).toBe('low-texture');
  });

  test(
    'a camera that only turned has no baseline',
    async () => {
      const camera = lens(size.widthPx, size.heightPx, 0);
      const eye: Vector3 = [2.6, 0.3, 1.5];
      const turned = [-0.5, -0.25, 0, 0.25, 0.5].map((y) => photograph(camera, lookAt(eye, [0, y, 0.4]), true));
      const files = await Promise.all(turned.map((pixels, i) => fileOf(`turned${i}.png`, pixels)));
      expect(failureOf(await run(files)).code).toBe('no-baseline');
    },
    2 * minuteMs,
  );

  test(
    'one photo three times has no baseline either',
    async () => {
      const files = ['a.png', 'b.png', 'c.png'].map((path) => ({ ...photos[0], path }));
      expect(['no-baseline', 'unplaceable']).toContain(failureOf(await run(files)).code);
    },
    2 * minuteMs,
  );

  test(
    'photos of unlike things cannot be placed',
    async () => {
      const { widthPx, heightPx, rgba } = scene.photos[8];
      const mirrored = rgba.map((_, at) => rgba[at - 4 * ((at >> 2) % widthPx) + 4 * (widthPx - 1 - ((at >> 2) % widthPx))]);
      const negative = scene.photos[16].rgba.map((value, at) => (at % 4 === 3 ? value : 255 - value));
      const files = [
        photos[0],
        await fileOf('mirrored.png', { widthPx, heightPx, rgba: mirrored }),
        await fileOf('negative.png', { widthPx, heightPx, rgba: negative }),
      ];
      expect(failureOf(await run(files, { cache: kept })).code).toBe('unplaceable');
    },
    2 * minuteMs,
  );
});
