/** SuperSplat's settings.json as scene settings, held against the package that defines the format. */
import { defaultSettings, importSettings } from '@playcanvas/splat-transform/viewer-settings';
import { expect, test } from 'vitest';
import { type ParsedScene, parseSceneSettings } from '../../src/core/scene/sceneSettings.ts';

function read(json: unknown): ParsedScene {
  const result = parseSceneSettings(json);
  if (!result.ok) throw new Error(result.failure.detail);
  return result.value;
}

const pose = { position: [3, 2, 1] as [number, number, number], target: [0, 1, 0] as [number, number, number], fov: 60 };

test('the settings every SuperSplat tool starts from are read without a word', () => {
  for (const fit of ['environment', 'object'] as const) {
    const settings = defaultSettings(fit);
    const ours = read(settings);
    expect(ours.warnings).toEqual([]);
    expect(ours.settings.camera).toMatchObject({
      position: settings.cameras[0].initial.position,
      target: settings.cameras[0].initial.target,
    });
    expect(ours.settings.background).toEqual([0, 0, 0, 1]);
  }
});

test('their angle spans the longer side: on a 16:9 canvas the picture is the same', () => {
  const fovDeg = read({ ...defaultSettings(), cameras: [{ initial: pose }] }).settings.camera?.fovDeg ?? 0;
  const tangent = (degrees: number) => Math.tan((degrees * Math.PI) / 360);
  expect((tangent(fovDeg) * 16) / 9).toBeCloseTo(tangent(60), 12);
});

test('annotations become hotspots with their own view', () => {
  const annotation = {
    position: [1, 2, 3] as [number, number, number],
    title: 'Arch',
    text: 'Old',
    extras: { any: 1 },
    camera: { initial: pose },
  };
  const { settings, warnings } = read({ ...defaultSettings(), annotations: [annotation] });
  expect(warnings).toEqual([]);
  expect(settings.hotspots).toMatchObject([
    { id: '1', position: [1, 2, 3], normal: null, title: 'Arch', text: 'Old', camera: { position: pose.position, target: pose.target } },
  ]);
});

test('what has no counterpart is named', () => {
  const settings = defaultSettings();
  settings.postEffectSettings.bloom.enabled = true;
  settings.tonemapping = 'aces';
  settings.background.skyboxUrl = 'sky.webp';
  settings.soundUrl = 'birds.mp3';
  const { warnings } = read(settings);
  for (const name of ['bloom', 'tonemapping', 'background.skyboxUrl', 'soundUrl']) {
    expect(warnings.filter((warning) => warning.includes(name))).toHaveLength(1);
  }
});

test.for([
  {
    camera: { fov: 50, position: pose.position, target: pose.target, startAnim: 'none' },
    background: { color: [0.1, 0.2, 0.3] },
    animTracks: [],
  },
  { camera: { position: pose.position, target: pose.target }, background: {} },
  { camera: {}, background: { color: [1, 1, 1] } },
])('version 1 %# shows what their own migration to version 2 shows', (old) => {
  const ours = read(old).settings;
  const theirs = read(importSettings(old)).settings;
  expect(ours.camera?.position).toEqual(theirs.camera?.position);
  expect(ours.camera?.target).toEqual(theirs.camera?.target);
  if (old.camera.fov) expect(ours.camera?.fovDeg).toBe(theirs.camera?.fovDeg);
  if (old.background.color) expect(ours.background).toEqual(theirs.background);
});

test.for([
  ['version', { version: 3, cameras: [] }],
  ['annotations[0] needs a position', { version: 2, cameras: [], annotations: [{}] }],
  ['cameras', { version: 2, cameras: 'x' }],
  ['background.color', { version: 2, cameras: [], background: { color: ['r', 'g', 'b'] } }],
] as [string, unknown][])('a broken file is refused with the field: %s', ([words, json]) => {
  const result = parseSceneSettings(json);
  expect(result).toMatchObject({ ok: false, failure: { code: 'bad-file' } });
  expect(result.ok ? '' : result.failure.detail).toContain(words);
});
