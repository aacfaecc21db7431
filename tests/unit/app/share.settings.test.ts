/** What the panel works out before anything is handed out: names, sizes, the film's plan and how the web page shows the scene. */
import { describe, expect, test } from 'vitest';
import { safeName } from '../../../src/app/features/share/fileNames.ts';
import { type ShownView, pageSettings } from '../../../src/app/features/share/pageSettings.ts';
import { pictureSize, posterOf } from '../../../src/app/features/share/pictures.ts';
import { frameCount, thetaOf, turntableSizes } from '../../../src/app/services/turntablePlan.ts';
import type { EditHotspot, EditOperation } from '../../../src/core/scene/edit/operations.ts';

test.each([
  ['My cat', 'My cat'],
  ['a/b\\c:d', 'a-b-c-d'],
  ['../../etc', 'etc'],
  ['  ', 'scene'],
  ['Ünïcode 日本', 'Ünïcode 日本'],
  ['\u0000\n?', 'scene'],
])('%j is saved as %j', (name, safe) => expect(safeName(name)).toBe(safe));

describe('pictures', () => {
  test('are as many times as fine as asked', () => {
    expect(pictureSize(400, 300, 2, 1)).toEqual({ widthPx: 800, heightPx: 600 });
    expect(pictureSize(400, 300, 2, 4)).toEqual({ widthPx: 3200, heightPx: 2400 });
  });

  test('keep their shape where they would be larger than can be drawn', () => {
    expect(pictureSize(3000, 1500, 2, 4)).toEqual({ widthPx: 8192, heightPx: 4096 });
  });

  test('for the list of projects are made coarser until they fit into 100 kB', async () => {
    const asked: unknown[] = [];
    const sizes = [180_000, 120_000, 90_000];
    const toBlob = (options?: { qualityArgument?: number; widthPx?: number }): Promise<Blob> => {
      asked.push([options?.widthPx, options?.qualityArgument]);
      return Promise.resolve(new Blob([new Uint8Array(sizes[asked.length - 1])]));
    };
    expect(await posterOf({ toBlob })).toHaveLength(90_000);
    expect(asked).toEqual([
      [640, 0.85],
      [640, 0.7],
      [640, 0.5],
    ]);
    expect(await posterOf({ toBlob: () => Promise.resolve(null) })).toBeNull();
  });
});

describe('the film', () => {
  const length = { seconds: 4, fps: 30 };

  test('turns once, and its end runs into its beginning', () => {
    const right = Array.from({ length: frameCount(length) + 1 }, (_, i) => thetaOf(i, 1, { ...length, direction: 1 }));
    expect(frameCount(length)).toBe(120);
    expect(right[0]).toBe(1);
    expect(right[120] - right[0]).toBeCloseTo(2 * Math.PI, 12);
    for (let i = 0; i < 120; i++) expect(right[i + 1] - right[i]).toBeCloseTo(Math.PI / 60, 12);
    expect(thetaOf(30, 1, { ...length, direction: -1 })).toBeCloseTo(1 - Math.PI / 2, 12);
  });

  test('has even sides', () => {
    for (const { widthPx, heightPx } of Object.values(turntableSizes)) expect([widthPx % 2, heightPx % 2]).toEqual([0, 0]);
  });
});

describe('the page', () => {
  const said = { title: 'Cat', language: 'en', words: { noScript: '', broken: '' } };
  const shown: ShownView = {
    orientation: '0deg 90deg 0deg',
    cameraOrbit: '1rad 1rad 2m',
    cameraTarget: '0m 1m 0m',
    fieldOfView: '40deg',
    background: '#15161a',
    // Half a turn about z.
    worldFromFile: [0, 0, 0, 1],
  };
  const hotspot = (id: string, text: string): EditHotspot => ({ id, text, position: [1, 2, 3], normal: [0, -1, 0] });

  test('shows what the viewer shows where the edits say nothing', () => {
    const made = pageSettings([{ kind: 'hotspot', hotspot: hotspot('a', 'A') }], shown, said);
    expect(made.attributes).toEqual({
      orientation: '0deg 90deg 0deg',
      'camera-orbit': '1rad 1rad 2m',
      'camera-target': '0m 1m 0m',
      'field-of-view': '40deg',
    });
    expect(made.background).toBe('#15161a');
    expect(made.hotspots[0].position.map((x) => x + 0)).toEqual([-1, -2, 3]);
    expect(made.hotspots[0].normal?.map((x) => x + 0)).toEqual([0, 1, 0]);
  });

  test('takes start, background and turn from the edits, the last of each', () => {
    const s = Math.SQRT1_2;
    const edits: EditOperation[] = [
      { kind: 'background', colour: '#ffffff' },
      { kind: 'orient', rotation: [1, 0, 0, 0], offset: [9, 9, 9] },
      // A quarter turn about x: y to z, z to -y.
      { kind: 'orient', rotation: [s, s, 0, 0], offset: [10, 0, 0] },
      { kind: 'start-view', view: { orbit: '5deg 80deg 1m', target: '0m 0m 0m', fieldOfView: '30deg' } },
      { kind: 'background', colour: '#102030' },
      { kind: 'hotspot', hotspot: hotspot('a', 'A') },
    ];
    const made = pageSettings(edits, shown, said);
    expect(made.attributes).toEqual({ 'camera-orbit': '5deg 80deg 1m', 'camera-target': '0m 0m 0m', 'field-of-view': '30deg' });
    expect(made.background).toBe('#102030');
    [11, -3, 2].forEach((value, k) => expect(made.hotspots[0].position[k]).toBeCloseTo(value, 12));
  });

  test('a start view that was taken back leaves the viewer’s', () => {
    const view = { orbit: '5deg 80deg 1m', target: '0m 0m 0m', fieldOfView: '30deg' };
    const made = pageSettings(
      [
        { kind: 'start-view', view },
        { kind: 'start-view', view: null },
      ],
      shown,
      said,
    );
    expect(made.attributes['camera-orbit']).toBe('1rad 1rad 2m');
  });

  test('without a viewer it starts as viewers do', () => {
    expect(pageSettings([], null, said)).toEqual({ ...said, attributes: {}, background: null, hotspots: [] });
  });

  test('hotspots that are left are those not removed since, as last written', () => {
    const edits: EditOperation[] = [
      { kind: 'hotspot', hotspot: hotspot('a', 'A') },
      { kind: 'hotspot', hotspot: hotspot('b', 'B') },
      { kind: 'hotspot', hotspot: hotspot('a', 'A, again') },
      { kind: 'remove-hotspot', id: 'b' },
      { kind: 'remove-hotspot', id: 'never' },
    ];
    expect(pageSettings(edits, null, said).hotspots.map(({ text }) => text)).toEqual(['A, again']);
  });
});
