/**
 * The German says everything that the English says, in German: the same keys, the same arguments, German numbers, no leftovers.
 * A new sentence with numbers or names in it needs sample arguments in the lists below; a test says which one is missing.
 */
import { expect, test } from 'vitest';
import { text as german } from '../../../src/app/i18n/de.ts';
import { text as english } from '../../../src/app/i18n/en.ts';
import { repairedProject } from '../../../src/app/services/store/projectRepair.ts';
import { failureCodes } from '../../../src/core/job/failure.ts';

type Say = (...given: unknown[]) => string;
type Leaf = string | Say;

const leavesOf = (value: unknown, path = ''): [string, Leaf][] =>
  typeof value === 'object' && value !== null
    ? Object.entries(value).flatMap(([key, inner]) => leavesOf(inner, path === '' ? key : `${path}.${key}`))
    : [[path, value as Leaf]];
const inEnglish = new Map(leavesOf(english));
const inGerman = new Map(leavesOf(german));
const stringsOf = (leaves: Map<string, Leaf>) => [...leaves].filter((leaf): leaf is [string, string] => typeof leaf[1] === 'string');
const functionsOf = (leaves: Map<string, Leaf>) => [...leaves].filter((leaf): leaf is [string, Say] => typeof leaf[1] === 'function');

/** Strings that are the same in both languages, and why. */
const sameInBoth: Record<string, string> = {
  title: 'the name of the app',
  'journey.languages.en': 'every language is named in itself',
  'journey.languages.de': 'every language is named in itself',
  'progress.splats': 'the term',
  'view.splat': 'the term',
  'progress.psnr': 'the term',
  'solve.steps.training': 'the same word',
  'capture.automatic': 'the same word',
  'check.sorts.name': 'the same word',
  'projects.newName': 'the same word',
  'edit.select.shapes.lasso': 'the same word',
  'edit.sphere.radius': 'the same word',
  'progress.unknown': 'a sign',
  'share.sizeUnknown': 'a sign',
  'account.nav': 'the term',
  'account.projects.links': 'the same word',
  'account.projects.name': 'the same word',
  'account.passkeys.heading': 'the term',
};
/** The same, for whole groups: degrees, pixels and names of formats. */
const sameGroups = /^(edit\.turn\.steps|share\.files\.names|share\.video\.sizes|account\.projects\.formats|account\.accounts\.names)\./;
/** Functions that add nothing but a sign or a unit to a small number. */
const numbersOnly = ['edit.clean.percent', 'edit.select.pixels', 'progress.pixels', 'share.picture.pixels'];

const large = 1_234_567;
const counts = [0, 1, 2, large].map((n) => [n]);
const sizes = [0, 812_000, 3.4e9].map((n) => [n]);
const small = [1, 2, 3].map((n) => [n]);
const parts = [
  [0, 2],
  [1, 2],
  [2, 2],
  [1, 1],
  [2, large],
  [large, large],
];
const names = [['Küche']];
const moments = [[Date.UTC(2026, 10, 25, 12)]];
const many = (n: number): string[] => Array.from({ length: n }, (_, i) => `${i}.jpg`);

const solve = { photos: large, registered: 41, points: large, meanReprojectionErrorPx: 0.84, leftOut: [] };
const training = { step: 2, totalSteps: large, splats: large };
const photos = [{ file: 'a.jpg' }, { file: 'b.jpg', keep: false }];
const projects = [
  {},
  { state: 'checked', photos },
  { state: 'solved', solve },
  { state: 'solved' },
  { state: 'training', training },
  { state: 'training' },
  { state: 'trained', training },
  { state: 'trained' },
  { splatFile: 'splats.ply' },
  { files: [{ file: 'given-00001.bin' }] },
].map((more) => [repairedProject({ id: 'p', ...more })]);

const marked = (n: number) => ({ blurry: n, duplicate: n, 'too-dark': n, 'too-bright': n, unreadable: n, 'by-hand': n });
const lengths = [
  [1, 4],
  [40, 70],
  [60, 62],
  [60, 600],
  [600, 5000],
  [5000, 9000],
];

/** Plausible arguments of every function, by what it takes. */
const samples: Record<string, unknown[][]> = {
  ...Object.fromEntries(
    [
      ...['count', 'controls.longer', 'solve.leftOut', 'view.splats', 'warnings.heading', 'problem.kept', 'capture.taken'],
      ...['capture.shot', 'capture.remove', 'capture.removed', 'capture.leave.heading', 'check.ownCameras', 'check.keepShown'],
      ...['check.dropShown', 'check.tooFewToStart', 'check.focalOf', 'check.unreadable', 'journey.prepare.dataset', 'journey.keptAt'],
      ...['edit.wouldGo', 'edit.select.delete', 'cloud.keptDays', 'cloud.compressAbout', 'cloud.share.days'],
      ...['account.projects.days', 'account.webhook.tries'],
    ].map((path) => [path, counts]),
  ),
  ...Object.fromEntries(
    [
      ...['bytes', 'projects.removeWhat', 'projects.storage.free', 'projects.storage.lightenAbout', 'projects.storage.lightened'],
      ...['share.size', 'share.sizeAbout', 'share.page.large'],
    ].map((path) => [path, sizes]),
  ),
  ...Object.fromEntries(
    [
      ...['options.outside', 'view.photoOf', 'capture.shots', 'check.using', 'check.busy.files', 'check.busy.photos', 'check.busy.frames'],
      ...['journey.start.rendering', 'journey.resume.training', 'edit.kept', 'share.goesOut', 'share.video.progress', 'cloud.minutes'],
      ...['cloud.status.uploaded'],
    ].map((path) => [path, parts]),
  ),
  ...Object.fromEntries(
    [
      ...['progress.adapter', 'view.alt', 'view.pictureSaved', 'problem.file', 'check.repeats', 'check.usedAllTheSame', 'check.leftOut'],
      ...['check.enlarge', 'check.picture', 'projects.open', 'projects.menu', 'projects.removeHeading', 'projects.storage.imported'],
      ...['journey.running', 'edit.undo', 'edit.redo', 'edit.less', 'edit.more', 'share.saveOf', 'share.shareOf', 'share.embed.copyOf'],
      ...['cloud.sameServer', 'account.projects.deletePhotosSure', 'account.projects.removeSure', 'account.projects.removed'],
      ...['account.recovery.sheetAbout', 'account.accounts.use', 'account.accounts.link', 'account.webhook.now'],
    ].map((path) => [path, names]),
  ),
  ...Object.fromEntries(
    [
      ...['view.share', 'edit.select.pixels', 'edit.clean.percent', 'edit.clean.now', 'edit.turn.picked', 'edit.hotspots.first'],
      ...['edit.hotspots.textOf', 'edit.hotspots.goTo', 'edit.hotspots.remove', 'share.video.secondsOf'],
    ].map((path) => [path, small]),
  ),
  ...Object.fromEntries(
    [
      ...['check.takenAt', 'cloud.status.since', 'cloud.status.tryAgainAt', 'cloud.share.until', 'cloud.share.made'],
      ...['account.projects.photosGone', 'account.projects.photosUntil', 'account.projects.made', 'account.identity.since'],
      ...['account.passkeys.made', 'account.webhook.at'],
    ].map((path) => [path, moments]),
  ),
  ...Object.fromEntries(['save.done', 'share.saved', 'share.video.ready'].map((path) => [path, sizes.map(([n]) => ['a.ply', n])])),
  ...Object.fromEntries(
    ['cloud.sent', 'cloud.sentAbout', 'account.projects.total', 'account.projects.photos'].map((path) => [
      path,
      counts.map(([n]) => [n, 3.4e9]),
    ]),
  ),
  ...Object.fromEntries(['progress.pixels', 'share.picture.pixels'].map((path) => [path, [[640, 480]]])),
  oneDecimal: [[0], [0.84], [large]],
  'progress.psnrUnit': [[0], [31.25]],
  'progress.units': ['files', 'frames', 'photos', 'pairs', 'cameras', 'steps', 'views'].map((unit) => [{ unit, done: 2, total: large }]),
  'progress.range': lengths.map(([lowSeconds, highSeconds]) => [{ lowSeconds, highSeconds }]),
  'solve.count': parts.map(([done, total]) => [{ done, total }]),
  'solve.note': parts.map(([cameras, total]) => [cameras, total, large]),
  'solve.placed': parts.map(([registered, total]) => [{ ...solve, registered, photos: total }]),
  'solve.quality': counts.map(([points]) => [{ ...solve, points }]),
  'problem.photos': [[many(2)], [many(9)]],
  'capture.locked': [[['exposure', 'whiteBalance', 'focus']]],
  'check.verdict': [0, 1, 2, large].map((n) => [{ photos: n, kept: n, marked: marked(n), cameras: n, exposureStops: 2.1, failures: [] }]),
  'check.photosConcerned': [[many(2)], [many(9)]],
  'check.sizeOf': [
    [0, 0, 3.4e9],
    [640, 480, 812_000],
  ],
  'check.sharpnessOf': [[0.45]],
  'check.brightnessOf': [[0.45, 0, 1]],
  'projects.state': projects,
  'projects.facts': [0, 3.4e9].map((bytes) => [repairedProject({ id: 'p', updatedMs: moments[0][0], bytes })]),
  'projects.storage.used': [
    [812_000, null],
    [812_000, 3.4e9],
  ],
  'edit.counts': [
    [1, 2, 0],
    [large, large, 1],
    [2, large, large],
  ],
  'edit.turn.by': [['Achse', -15]],
  'cloud.price': [
    [[1.5, 1.5], 'EUR'],
    [[1.5, 1234.5], 'EUR'],
  ],
  'cloud.saved': [[3.4e9, 812_000]],
  'account.projects.of': [['Löschen', 'Küche']],
  'account.accounts.linked': [['GitHub', moments[0][0]]],
  'account.tokens.facts': [[moments[0][0], moments[0][0]]],
  'pwa.offline.filling': [[812_000, 3.4e9]],
};

/** All numbers in what a function is given, however deep. */
const numbersIn = (value: unknown): number[] =>
  typeof value === 'number' ? [value] : typeof value === 'object' && value !== null ? Object.values(value).flatMap(numbersIn) : [];
const looksEmpty = /undefined|NaN|null|Infinity|\[object|^\s|\s$|\s\s|^$/;

test('both languages have the same texts', () => expect([...inGerman.keys()].sort()).toEqual([...inEnglish.keys()].sort()));

test('both languages take the same arguments', () => {
  const lengthsOf = (leaves: typeof inEnglish) => Object.fromEntries(functionsOf(leaves).map(([path, say]) => [path, say.length]));
  expect(lengthsOf(inGerman)).toEqual(lengthsOf(inEnglish));
});

test.each([
  ['English', inEnglish],
  ['German', inGerman],
])('no %s text is empty or has stray spaces', (_, leaves) =>
  expect(stringsOf(leaves).filter(([, words]) => looksEmpty.test(words))).toEqual([]),
);

test('no German text is the English one, but for names and terms', () => {
  const same = stringsOf(inGerman).filter(([path, words]) => words === inEnglish.get(path) && !sameGroups.test(path));
  expect(same.map(([path]) => path).sort()).toEqual(Object.keys(sameInBoth).sort());
});

test('nobody is addressed as du', () =>
  expect(stringsOf(inGerman).filter(([, words]) => /\b(du|dich|dir|dein\w*|Ihnen)\b/i.test(words))).toEqual([]));

test.each(failureCodes)('%s has both its sentences in German', (code) => {
  const { happened, todo } = german.failures[code];
  for (const sentence of [happened, todo]) expect(sentence).toMatch(/^[A-ZÄÖÜ].{15,}\.$/);
});

test('there are sample arguments for every function, and for nothing else', () =>
  expect(Object.keys(samples).sort()).toEqual(
    functionsOf(inEnglish)
      .map(([path]) => path)
      .sort(),
  ));

test.each(functionsOf(inGerman))('%s speaks German of whatever it is given', (path, say) => {
  const given = samples[path] ?? [];
  const spoken = given.map((values) => say(...values));
  given.forEach((values, i) => {
    const words = spoken[i];
    expect(words).not.toMatch(looksEmpty);
    // A number of four digits without a separator, or with the English one; years in dates are none.
    expect(words.replace(/\d+\.\d+\.\d{4}/g, '')).not.toMatch(/\d{4}|\d,\d{3}/);
    if (numbersIn(values).includes(3.4e9)) expect(words).toContain('3,4 GB');
  });
  if (given.some((values) => numbersIn(values).includes(large))) expect(spoken.join(' | ')).toContain('1.234.567');
  const sameWords = given.length > 0 && given.every((values, i) => (inEnglish.get(path) as Say)(...values) === spoken[i]);
  expect(sameWords).toBe(numbersOnly.includes(path));
});

test.each<[string, string]>([
  [german.options.outside(100, 100_000), 'Eine ganze Zahl von 100 bis 100.000.'],
  [german.progress.units({ unit: 'steps', done: 2100, total: 7000 }), 'Schritt 2.100/7.000'],
  [german.progress.psnrUnit(31.25), '31,3 dB'],
  [german.progress.range({ lowSeconds: 40, highSeconds: 45 }), '40 bis 45 s'],
  [german.progress.range({ lowSeconds: 300, highSeconds: 310 }), 'etwa 5 Min.'],
  [german.progress.range({ lowSeconds: 3000, highSeconds: 5400 }), '50 Min. bis 1,5 Std.'],
  [german.progress.range({ lowSeconds: 7200, highSeconds: 9000 }), '2 bis 2,5 Std.'],
  [german.solve.note(41, 86, 1), '41 von 86 Kameras · 1 Punkt'],
  [
    german.solve.placed({ registered: 86, photos: 86, points: 9, meanReprojectionErrorPx: 1, leftOut: [] }),
    'Alle 86 Fotos haben ihren Platz.',
  ],
  [german.save.done('Küche.ply', 812_000), 'Küche.ply gespeichert (812 kB).'],
  [german.problem.photos(many(8)), 'Fotos: 0.jpg, 1.jpg, 2.jpg, 3.jpg, 4.jpg, 5.jpg und 2 weitere'],
])('%s', (said, wanted) => expect(said).toBe(wanted));
