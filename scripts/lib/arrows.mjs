/**
 * The import arrows: which folder may import which, as ESLint rules that fail the build and say why.
 * Invariant: what is not in the table is forbidden, also through `import()` and `import('x').Type`.
 */
import { builtinModules } from 'node:module';

/** Every folder an import can end in, and how such a specifier looks after its leading `../`. */
const rooms = {
  shaders: 'shaders/',
  'src/core': '(?:src/)?core/',
  'src/viewer': '(?:src/)?viewer/',
  'src/app': '(?:src/)?app/',
  'src/cli': '(?:src/)?cli/',
  workers: 'workers/',
  cloud: 'cloud/',
  'gpu-container': 'gpu-container/',
  scripts: 'scripts/',
  tests: 'tests/',
};

/**
 * @typedef {object} Arrow
 * @property {string[]} may folders it may import besides itself
 * @property {string[]} [mayTypes] folders it may `import type` from
 * @property {string} packages regular expression of package specifiers that are forbidden
 * @property {string} why
 */

const onlyInNode = ['node:', 'sharp$', 'webgpu$', `(?:${builtinModules.filter((name) => !/^_|:/.test(name)).join('|')})$`];
const onlyInTools = ['vitest', 'playwright', 'vite$', 'vite/', 'eslint', 'prettier', 'typescript$'];
/** @param {string[]} starts */
const startingWith = (starts) => `^(?:${starts.join('|')})`;

/** @type {Record<string, Arrow>} */
const arrows = {
  'src/core': {
    may: ['shaders'],
    packages: '^(?![./])(?!(?:zod|fflate|exifr|@playcanvas/splat-transform|@gltf-transform/core)(?:/|$))',
    why: 'src/core imports src/core, shaders (?raw), zod, fflate, exifr, splat-transform and gltf-transform only: the engine must run alike in a tab, a worker and Node.',
  },
  'src/viewer': {
    may: ['src/core'],
    packages: startingWith([...onlyInNode, ...onlyInTools, 'svelte']),
    why: 'src/viewer imports src/core only: it is a bundle of its own for other sites, without the app and without Svelte.',
  },
  'src/app': {
    may: ['src/core', 'src/viewer'],
    mayTypes: ['workers', 'cloud'],
    packages: startingWith([...onlyInNode, ...onlyInTools]),
    why: 'src/app imports src/core and src/viewer, and only types of workers and cloud: those run elsewhere and are spoken to by messages.',
  },
  'src/cli': {
    may: ['src/core'],
    packages: startingWith([...onlyInTools, 'svelte']),
    why: 'src/cli imports src/core only: the terminal runs the same engine as the page, without the page.',
  },
  workers: {
    may: ['src/core'],
    packages: startingWith([...onlyInNode, ...onlyInTools, 'svelte']),
    why: 'workers import src/core only: they are thin entry points to the engine and know no screen.',
  },
  cloud: {
    may: ['src/core/job'],
    packages: startingWith([...onlyInTools, 'svelte', 'sharp$', 'webgpu$']),
    why: 'cloud imports src/core/job only: it knows the contract of a job, never the engine that does it.',
  },
  scripts: { may: ['src/cli'], packages: '^(?!)', why: 'scripts import scripts and src/cli only.' },
};

const notShortest = {
  regex: '^/|[^./]/\\.\\.?(?:/|$)|^(?:\\./)+\\.|/\\./',
  message: 'Write the shortest relative path: the import arrows are read from it.',
};

/**
 * @param {string} room a key of rooms
 * @returns {string} regular expression of specifiers that lead into it from another folder
 */
const leadingInto = (room) => `^(?:\\.\\./)+${rooms[/** @type {keyof typeof rooms} */ (room)]}`;

/**
 * @param {string} folder
 * @param {Arrow} arrow
 * @returns {{ regex: string, message: string, allowTypeImports?: boolean }[]}
 */
function forbidden(folder, arrow) {
  const message = arrow.why;
  const patterns = [notShortest, { regex: arrow.packages, message }];
  for (const room of Object.keys(rooms)) {
    if (room === folder || arrow.may.includes(room)) continue;
    const onlyTypes = arrow.mayTypes?.includes(room) ? { allowTypeImports: true } : {};
    const except = arrow.may.find((path) => path.startsWith(`${room}/`));
    const rest = except ? `(?!${except.slice(room.length + 1)}/)` : '';
    patterns.push({ regex: leadingInto(room) + rest, message, ...onlyTypes });
  }
  if (arrow.may.includes('shaders'))
    patterns.push({ regex: `${leadingInto('shaders')}(?!.*\\.wgsl\\?raw$)`, message: 'Shaders are imported as text: x.wgsl?raw.' });
  return patterns;
}

/** Selectors of no-restricted-syntax cannot hold a slash inside a regular expression. */
const inSelector = (/** @type {string} */ regex) => `/${regex.replaceAll('/', '\\u002F')}/`;

/**
 * One ESLint configuration per folder.
 * @returns {import('eslint').Linter.Config[]}
 */
export function arrowRules() {
  return Object.entries(arrows).map(([folder, arrow]) => {
    const patterns = forbidden(folder, arrow);
    const syntax = patterns.flatMap(({ regex, message, ...rest }) => {
      const dynamic = { selector: `ImportExpression > Literal[value=${inSelector(regex)}]`, message };
      const typeQuery = { selector: `TSImportType Literal[value=${inSelector(regex)}]`, message };
      return rest.allowTypeImports ? [dynamic] : [dynamic, typeQuery];
    });
    return {
      files: [`${folder}/**/*.{ts,mjs,svelte}`],
      rules: { '@typescript-eslint/no-restricted-imports': ['error', { patterns }], 'no-restricted-syntax': ['error', ...syntax] },
    };
  });
}
