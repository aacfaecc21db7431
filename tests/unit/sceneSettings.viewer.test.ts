/** Scene settings as the element's attributes: every one reads back through the attribute's own parser. */
import { expect, test } from 'vitest';
import { createRandom } from '../../src/core/math/random.ts';
import { parseFov, parseOrbit, parseTarget } from '../../src/viewer/camera/orbitGrammar.ts';
import { parseBox } from '../../src/viewer/places.ts';
import { hotspotData, sceneAttributes } from '../../src/viewer/settings/sceneAttributes.ts';
import { emptySceneSettings } from '../../src/core/scene/sceneSettingsTypes.ts';

const base = 'https://site.example/scenes/one/scene.json';
const limits = { maxSplats: null, budget: 1_000_000 };
const auto = { theta: 9, phi: 1, radius: 9, framedRadius: 9 };

const valueOf = <T>(result: { ok: true; value: T } | { ok: false }): T => {
  if (!result.ok) throw new Error('The attribute does not parse.');
  return result.value;
};

test('empty settings say nothing', () => {
  expect(sceneAttributes(emptySceneSettings(), base, limits)).toEqual({});
});

test('a camera, tiny and huge numbers included, parses to the same place', () => {
  const random = createRandom(3);
  for (let round = 0; round < 200; round++) {
    const scale = 10 ** (random() * 12 - 8);
    const triple = (): [number, number, number] => [(random() - 0.5) * scale, (random() - 0.5) * scale, (random() - 0.5) * scale];
    const camera = { position: triple(), target: triple(), fovDeg: 20 + 60 * random() };
    const texts = sceneAttributes({ ...emptySceneSettings(), camera }, base, limits);
    const { theta, phi, radius } = valueOf(parseOrbit(texts['camera-orbit'] ?? '', auto));
    const target = valueOf(parseTarget(texts['camera-target'] ?? '', [9, 9, 9]));
    expect(target).toEqual(camera.target);
    expect(valueOf(parseFov(texts['field-of-view'] ?? '', 9))).toBeCloseTo((camera.fovDeg * Math.PI) / 180, 12);
    const position = [
      target[0] + radius * Math.sin(phi) * Math.sin(theta),
      target[1] + radius * Math.cos(phi),
      target[2] + radius * Math.sin(phi) * Math.cos(theta),
    ];
    position.forEach((value, axis) => expect(Math.abs(value - camera.position[axis])).toBeLessThan(1e-9 * scale));
  }
});

test('addresses are relative to scene.json, the file fits the device, the rest is as written', () => {
  const settings = {
    ...emptySceneSettings(),
    title: 'Arch',
    poster: '../poster.webp',
    files: [
      { url: 'small.sog', splats: 10, bytes: null, format: null },
      { url: 'https://files.example/big.sog', splats: 2_000_000, bytes: null, format: null },
    ],
    crop: { low: [-1, 0, 1e-9] as [number, number, number], high: [1, 2, 3] as [number, number, number] },
    background: [0, 0.5, 1, 0.25] as [number, number, number, number],
    exposure: 2,
    orientationDeg: [0, 45, 0] as [number, number, number],
  };
  const texts = sceneAttributes(settings, base, limits);
  expect(texts).toMatchObject({
    src: 'https://site.example/scenes/one/small.sog',
    poster: 'https://site.example/scenes/poster.webp',
    alt: 'Arch',
    exposure: '2',
    background: 'rgb(0 128 255 / 0.25)',
    orientation: '0deg 45deg 0deg',
  });
  expect(parseBox(texts.crop)).toEqual(settings.crop);
  expect(sceneAttributes(settings, base, { ...limits, budget: 4e6 }).src).toBe('https://files.example/big.sog');
});

test('a hotspot carries its place and its own view', () => {
  const camera = { position: [1, 0, 0] as [number, number, number], target: [0, 0, 0] as [number, number, number], fovDeg: null };
  const data = hotspotData({ id: 'a', position: [1, 2, 3], normal: [0, 1, 0], title: '', text: '', camera });
  expect(data['position']).toBe('1 2 3');
  expect(data['normal']).toBe('0 1 0');
  const { theta, radius } = valueOf(parseOrbit(data['orbit'], auto));
  expect([theta, radius]).toEqual([Math.PI / 2, 1]);
});
