/** scene.json: what is read, what is refused and why, migrations, the choice among files, and which addresses are let in. */
import { describe, expect, test } from 'vitest';
import { createRandom } from '../../src/core/math/random.ts';
import { parseSceneSettings, parseSceneSettingsText, writeSceneSettings } from '../../src/core/scene/sceneSettings.ts';
import { chooseFile, sortedBySize, splatBudget } from '../../src/core/scene/sceneSettingsFiles.ts';
import { migrate } from '../../src/core/scene/sceneSettingsMigrate.ts';
import { cameraOf, orbitOf } from '../../src/core/scene/sceneSettingsOrbit.ts';
import { type SceneFile, type SceneSettings, emptySceneSettings } from '../../src/core/scene/sceneSettingsTypes.ts';
import { isAllowedUrl } from '../../src/core/scene/sourceUrl.ts';

const whole = {
  schema: 'splat-scene',
  version: 1,
  title: 'Bridge',
  attribution: 'Scanned by A. Person, CC BY 4.0',
  poster: 'poster.webp',
  files: [
    { url: 'https://files.example/full.ply', splats: 2_000_000, bytes: 472_000_000, format: 'ply' },
    { url: 'small.sog', splats: 200_000, bytes: 3_000_000, format: 'sog' },
  ],
  orientation: [0, 90, 0],
  camera: { position: [1, 2, 3], target: [0, 1, 0], fov: 45 },
  crop: { low: [-1, -1, -1], high: [1, 1, 1] },
  background: '#336699',
  exposure: 1.5,
  hotspots: [
    { id: 'arch', position: [0.5, 1, 0], normal: [0, 0, 1], title: 'Arch', text: 'Built in 1780.', camera: { orbit: [90, 90, 2] } },
  ],
};

function parsed(json: unknown): SceneSettings {
  const result = parseSceneSettings(json);
  if (!result.ok) throw new Error(result.failure.detail);
  expect(result.value.warnings).toEqual([]);
  return result.value.settings;
}

function refusal(json: unknown): string {
  const result = parseSceneSettings(json);
  expect(result).toMatchObject({ ok: false, failure: { code: 'bad-file' } });
  return result.ok ? '' : result.failure.detail;
}

describe('reading', () => {
  test('every field arrives, files smallest first', () => {
    const settings = parsed(whole);
    expect(settings).toMatchObject({
      version: 1,
      title: 'Bridge',
      attribution: 'Scanned by A. Person, CC BY 4.0',
      poster: 'poster.webp',
      orientationDeg: [0, 90, 0],
      camera: { position: [1, 2, 3], target: [0, 1, 0], fovDeg: 45 },
      crop: { low: [-1, -1, -1], high: [1, 1, 1] },
      background: [0.2, 0.4, 0.6, 1],
      exposure: 1.5,
    });
    expect(settings.files.map(({ url, splats }) => [url, splats])).toEqual([
      ['small.sog', 200_000],
      ['https://files.example/full.ply', 2_000_000],
    ]);
  });

  test('an orbit of 90 90 2 about the origin stands at x = 2', () => {
    const [{ camera }] = parsed(whole).hotspots;
    expect(camera?.target).toEqual([0, 0, 0]);
    camera?.position.forEach((value, axis) => expect(value).toBeCloseTo([2, 0, 0][axis], 12));
  });

  test('an empty object means that the viewer decides everything', () => {
    expect(parsed({})).toEqual(emptySceneSettings());
  });

  test.for([
    ['#fff', [1, 1, 1, 1]],
    ['#0f08', [0, 1, 0, 8 / 15]],
    ['#ff000080', [1, 0, 0, 128 / 255]],
    ['transparent', [0, 0, 0, 0]],
    [
      [0, 0.5, 1],
      [0, 0.5, 1, 1],
    ],
  ] as const)('the background %j', ([background, rgba]) => {
    expect(parsed({ background }).background).toEqual(rgba);
  });

  test('hotspots without an id get their place', () => {
    expect(parsed({ hotspots: [{ position: [0, 0, 0] }, { position: [1, 0, 0] }] }).hotspots.map(({ id }) => id)).toEqual(['1', '2']);
  });

  test('unknown fields are passed over and named', () => {
    const result = parseSceneSettings({ weather: 'sunny', camera: { position: [0, 0, 1], target: [0, 0, 0], roll: 1 } });
    expect(result.ok && result.value.warnings).toEqual([expect.stringContaining('weather'), expect.stringContaining('camera.roll')]);
  });
});

describe('refusals name the field', () => {
  test.for([
    ['files[0].url', { files: [{ url: 'javascript:alert(1)' }] }],
    ['files[0] needs a url', { files: [{ splats: 1 }] }],
    ['files[1].splats', { files: [{ url: 'a' }, { url: 'b', splats: -1 }] }],
    ['files[0].format', { files: [{ url: 'a', format: 'obj' }] }],
    ['files must be a list', { files: {} }],
    ['camera.position', { camera: { position: [1, 2], target: [0, 0, 0] } }],
    ['camera.target', { camera: { position: [1, 2, 3], target: [0, 0, null] } }],
    ['camera.fov', { camera: { position: [1, 2, 3], target: [0, 0, 0], fov: 200 } }],
    ['camera needs', { camera: {} }],
    ['camera looks from its own target', { camera: { position: [1, 1, 1], target: [1, 1, 1] } }],
    ['camera.orbit[2]', { camera: { orbit: [0, 90, 0] } }],
    ['crop.low must be below', { crop: { low: [0, 0, 0], high: [1, 0, 1] } }],
    ['crop needs low and high', { crop: { low: [0, 0, 0] } }],
    ['background', { background: 'url(x)' }],
    ['background', { background: [0, 0, 2] }],
    ['exposure', { exposure: '1' }],
    ['orientation', { orientation: [1, 2, Infinity] }],
    ['hotspots[0].id', { hotspots: [{ id: 'a b', position: [0, 0, 0] }] }],
    [
      '"x" is there twice',
      {
        hotspots: [
          { id: 'x', position: [0, 0, 0] },
          { id: 'x', position: [0, 0, 0] },
        ],
      },
    ],
    ['hotspots[0] needs a position', { hotspots: [{ title: 'x' }] }],
    ['hotspots[0] must be an object', { hotspots: ['x'] }],
    ['version 2', { version: 2 }],
    ['whole number', { version: 'one' }],
    ['schema', { schema: 'something-else' }],
    ['not a JSON object', []],
    ['not a JSON object', null],
  ] as [string, unknown][])('%s', ([words, json]) => {
    expect(refusal(json)).toContain(words);
  });

  test('several at once, and how many more', () => {
    const detail = refusal({ title: 1, poster: 2, exposure: 'x', crop: 3, camera: 4 });
    expect(detail).toContain('title');
    expect(detail).toMatch(/and [1-9]\d* more/);
  });

  test('text that is not JSON', () => {
    expect(parseSceneSettingsText('{')).toMatchObject({ ok: false, failure: { code: 'bad-file' } });
  });
});

const junk: unknown[] = [
  null,
  undefined,
  NaN,
  Infinity,
  -1,
  1e308,
  '',
  'x',
  true,
  [],
  {},
  [1, 2, 3],
  { position: [NaN, 0, 0] },
  [[[]]],
  '__proto__',
];

/** The same JSON with one value somewhere replaced. */
function damaged(json: unknown, random: () => number): unknown {
  const pick = <T>(list: readonly T[]): T => list[Math.floor(random() * list.length)];
  if (typeof json !== 'object' || json === null || random() < 0.2) return pick(junk);
  const copy = structuredClone(json) as Record<string, unknown>;
  const key = pick(Object.keys(copy));
  if (key === undefined) return pick(junk);
  copy[key] = damaged(copy[key], random);
  return copy;
}

function numbersIn(value: unknown): number[] {
  if (typeof value === 'number') return [value];
  return typeof value === 'object' && value !== null ? Object.values(value).flatMap(numbersIn) : [];
}

test('whatever is damaged: settings with finite numbers, or a refusal, and never an exception', () => {
  const random = createRandom(4);
  let refused = 0;
  for (let round = 0; round < 3000; round++) {
    const result = parseSceneSettings(damaged(damaged(whole, random), random));
    if (!result.ok) refused++;
    else expect(numbersIn(result.value.settings).every(Number.isFinite)).toBe(true);
  }
  expect(refused).toBeGreaterThan(500);
  expect(refused).toBeLessThan(3000);
});

test('writing and reading again gives the same settings', () => {
  const random = createRandom(9);
  const triple = (): [number, number, number] => [random() * 10 - 5, random() * 10 - 5, random() * 10 - 5];
  const maybe = <T>(value: T) => (random() < 0.5 ? value : null);
  for (let round = 0; round < 50; round++) {
    const settings: SceneSettings = {
      version: 1,
      title: maybe('A "title" <b>'),
      attribution: maybe('ü\n'),
      poster: maybe('p.webp'),
      files: sortedBySize(
        [1, 2, 3].map((n) => ({
          url: `${n}.sog`,
          splats: maybe(Math.floor(random() * 1e6)),
          bytes: maybe(n * 1000),
          format: maybe('sog'),
        })),
      ),
      orientationDeg: triple(),
      camera: maybe({ position: triple(), target: triple(), fovDeg: maybe(30) }),
      crop: maybe({ low: [-1, -2, -3], high: [1, random(), 0] }),
      background: maybe([random(), random(), random(), random()]),
      exposure: random() * 2,
      hotspots: ['a', 'b'].map((id) => ({
        id,
        position: triple(),
        normal: maybe(triple()),
        title: 't',
        text: '',
        camera: maybe({ position: triple(), target: triple(), fovDeg: null }),
      })),
    };
    expect(parsed(JSON.parse(JSON.stringify(writeSceneSettings(settings))))).toEqual(settings);
  }
});

describe('migrations', () => {
  const table = {
    1: (old: Record<string, unknown>) => ({ name: old['title'] }),
    2: (old: Record<string, unknown>) => ({ names: [old['name']] }),
  };

  test('run one version at a time and leave the given object alone', () => {
    const given = Object.freeze({ version: 1, title: 'x' });
    expect(migrate(given, table, 3)).toEqual({ ok: true, value: { version: 3, names: ['x'] } });
    expect(migrate({ version: 2, name: 'y' }, table, 3)).toEqual({ ok: true, value: { version: 3, names: ['y'] } });
    expect(migrate({ names: ['z'] }, table, 3)).toEqual({ ok: true, value: { names: ['z'] } });
  });

  test('a newer version and one without a way forward are refused', () => {
    expect(migrate({ version: 4 }, table, 3)).toMatchObject({ ok: false, failure: { detail: expect.stringContaining('version 4') } });
    expect(migrate({ version: 1 }, {}, 2)).toMatchObject({ ok: false, failure: { detail: expect.stringContaining('version 1') } });
    expect(migrate({ version: 1.5 }, table, 3)).toMatchObject({ ok: false });
  });
});

describe('the choice among files', () => {
  const file = (url: string, splats: number | null, bytes: number | null = null): SceneFile => ({ url, splats, bytes, format: 'sog' });
  const files = [file('l', 3_000_000), file('s', 100_000), file('m', 1_000_000)];

  test.for([
    ['s', null, 100_000],
    ['s', null, 999_999],
    ['m', null, 2_999_999],
    ['l', null, 4_000_000],
    ['m', 1_000_000, 4_000_000],
    ['s', 10, 4_000_000],
  ] as const)('%s for max-splats %s and a budget of %s', ([url, maxSplats, budget]) => {
    expect(chooseFile(files, maxSplats, budget)?.url).toBe(url);
  });

  test('lengths stand in for counts that are missing; a lone file is taken whatever it is', () => {
    expect(chooseFile([file('big', null, 500_000_000), file('small', null, 1_000_000)], null, 1_000_000)?.url).toBe('small');
    expect(chooseFile([file('only', null)], null, 1)?.url).toBe('only');
    expect(chooseFile([], null, 1)).toBeNull();
  });

  test('phones, little memory, WebGL and saved data each lower the budget', () => {
    const best = { backend: 'webgpu', handheld: false, memoryGiB: 8, saveData: false } as const;
    for (const less of [{ handheld: true }, { memoryGiB: 4 }, { backend: 'webgl2' as const }, { saveData: true }]) {
      expect(splatBudget({ ...best, ...less })).toBeLessThan(splatBudget(best));
    }
  });
});

test('a camera becomes an orbit and back; straight from above the orbit stays usable', () => {
  expect(orbitOf({ position: [0, 0, 2], target: [0, 0, 0], fovDeg: 90 })).toEqual({
    target: [0, 0, 0],
    theta: 0,
    phi: Math.PI / 2,
    radius: 2,
    fov: Math.PI / 2,
  });
  const camera = { position: [1, 2, -3], target: [0.5, 0, 4], fovDeg: null } as const;
  cameraOf(orbitOf({ ...camera, position: [...camera.position], target: [...camera.target] })).position.forEach((value, axis) =>
    expect(value).toBeCloseTo(camera.position[axis], 12),
  );
  const above = orbitOf({ position: [0, 5, 0], target: [0, 0, 0], fovDeg: null });
  expect(above.phi).toBeGreaterThan(0);
  expect(Number.isFinite(above.theta)).toBe(true);
});

test('addresses are let in exactly when the browser would fetch them over http(s)', () => {
  const parts = [
    'javascript',
    'JAVA',
    'script',
    ':',
    'data',
    'http',
    'https',
    'blob',
    '//',
    '/',
    'a.ply',
    '\t',
    '\n',
    ' ',
    '\u0001',
    '?',
    '#',
    '%3A',
    '.',
    'ü',
  ];
  const random = createRandom(2);
  for (let round = 0; round < 5000; round++) {
    const address = Array.from({ length: 1 + Math.floor(random() * 5) }, () => parts[Math.floor(random() * parts.length)]).join('');
    if (!URL.canParse(address, 'https://page.example/') || address.trim() === '') continue;
    const { protocol } = new URL(address, 'https://page.example/');
    expect(isAllowedUrl(address), JSON.stringify(address)).toBe(protocol === 'https:' || protocol === 'http:');
  }
  expect(isAllowedUrl('blob:https://page.example/1', ['http', 'https', 'blob'])).toBe(true);
});
