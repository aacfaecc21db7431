/** Splats that would cover the screen while a file streams: hidden as they come, put back where the end of the file says otherwise. */
import { describe, expect, test, vi } from 'vitest';
import { createRandom } from '../../../src/core/math/random.ts';
import { type Splats, emptySplats } from '../../../src/core/scene/splats.ts';
import { type PackedSplats, packSplats, unpackSplats } from '../../../src/core/view/packedSplats.ts';
import type { DecodeEvents, DecodedScene } from '../../../src/core/formats/splatStream.ts';
import { type Result, ok } from '../../../src/core/job/failure.ts';
import { createSceneLoader } from '../../../src/viewer/sceneLoader.ts';

/** The decoder under the test's hand. */
const decoding = vi.hoisted((): { events: unknown; end: unknown } => ({ events: null, end: null }));
vi.mock('../../../src/viewer/decode/decoder.ts', () => ({
  decodeSource(_source: string, _options: object, events: unknown) {
    decoding.events = events;
    return { done: new Promise((resolve) => (decoding.end = resolve)), cancel: () => undefined };
  },
}));

const hundredths = Math.log(0.01);

/** Small splats in a cube of this size about the origin. */
function cloud(count: number, size: number): Splats {
  const random = createRandom(5);
  const all = emptySplats(count, 1);
  for (let i = 0; i < 3 * count; i++) all.means[i] = size * (random() - 0.5);
  all.logScales.fill(hundredths);
  for (let i = 0; i < count; i++) all.quats[4 * i] = 1;
  return all;
}

function setUp() {
  const notes: string[] = [];
  const appended: PackedSplats[] = [];
  const loader = createSceneLoader(
    {
      open: () => notes.push('open'),
      append(packed) {
        appended.push(packed);
        notes.push(`append ${packed.count}`);
      },
      hide: (indices) => notes.push(`hide ${[...indices].join()}`),
    },
    { opened: () => undefined, boxKnown: () => undefined, progress: () => undefined },
  );
  const shown = loader.load('a.ply', { maxSplats: null, withCredentials: false });
  const events = decoding.events as DecodeEvents;
  const end = async (gigantic: number[]) => {
    const value = { count: loader.count, gigantic: Uint32Array.from(gigantic), box: { low: [0, 0, 0], high: [1, 1, 1] }, warnings: [] };
    (decoding.end as (result: Result<DecodedScene>) => void)(ok(value as unknown as DecodedScene));
    return shown;
  };
  events.begin({ shDegree: 1, antialiased: false, capacity: 4000 }, 'ply');
  return { notes, appended, events, end, loader };
}

describe('giants in a file on its way', () => {
  test('are hidden with the run they come in, in every run', async () => {
    const { notes, events, end } = setUp();
    const all = cloud(4000, 1);
    for (const i of [7, 2900]) all.logScales[3 * i + 2] = 8;
    for (let first = 0; first < 4000; first += 1000) events.batch(packSplats(all, first, 1000));
    expect(notes).toEqual(['open', 'append 1000', 'hide 7', 'append 1000', 'append 1000', 'hide 2900', 'append 1000']);
    expect(await end([7, 2900])).toMatchObject({ ok: true, value: { splats: 3998 } });
    expect(notes.slice(7)).toEqual(['hide 7,2900']);
  });

  test('are not large splats of the scene, and not a sky', () => {
    const { notes, events } = setUp();
    const all = cloud(1000, 1);
    // The diagonal of the box is nearly 1.6: just what the decoder would hide, which the early verdict leaves to it.
    all.logScales.fill(Math.log(15 * 1.6), 3 * 5, 3 * 6);
    all.means.set([2000, 0, 0], 3 * 6);
    all.logScales.fill(Math.log(400), 3 * 6, 3 * 7);
    events.batch(packSplats(all));
    expect(notes).toEqual(['open', 'append 1000']);
  });

  test('come back when the whole scene is larger than its first splats', async () => {
    const { notes, appended, events, end, loader } = setUp();
    const corner = cloud(1000, 1);
    corner.logScales[3 * 41] = Math.log(100);
    corner.logScales[3 * 42] = 9;
    corner.opacityLogits[41] = 2;
    corner.sh.fill(0.25, 12 * 41, 12 * 42);
    events.batch(packSplats(corner));
    events.batch(packSplats(cloud(3000, 1000)));
    await end([42]);
    expect(notes).toEqual(['open', 'append 1000', 'hide 41,42', 'append 3000', 'hide 42', 'append 1']);
    expect(loader.count).toBe(4000);
    const [row, whole] = [unpackSplats(appended[2]), unpackSplats(packSplats(corner))];
    expect([...row.means, ...row.logScales]).toEqual([...whole.means.slice(123, 126), ...whole.logScales.slice(123, 126)]);
    expect([row.opacityLogits[0], ...row.sh]).toEqual([whole.opacityLogits[41], ...whole.sh.slice(12 * 41, 12 * 42)]);
  });

  test('a scene that grows is measured again', () => {
    const { notes, events } = setUp();
    events.batch(packSplats(cloud(1000, 1)));
    events.batch(packSplats(cloud(3000, 1000)));
    const late = cloud(1000, 1000);
    late.means.fill(0, 0, 3);
    late.logScales[0] = Math.log(100);
    events.batch(packSplats(late));
    expect(notes.filter((note) => note.startsWith('hide'))).toEqual([]);
  });
});
