/**
 * ESLint: correctness rules with types for the TypeScript sources, Svelte's own rules, and the import arrows per folder.
 * Invariant: nothing is a warning; what is not worth failing the build is off.
 */
import js from '@eslint/js';
import svelte from 'eslint-plugin-svelte';
import globals from 'globals';
import tseslint from 'typescript-eslint';
import { arrowRules } from './scripts/lib/arrows.mjs';

const typed = ['src/**/*.ts', 'workers/**/*.ts', 'cloud/**/*.ts', 'tests/**/*.ts'];

export default tseslint.config(
  { ignores: ['node_modules/', 'dist/', '.cache/', 'OUT/', '.wrangler/', 'gpu-container/', '**/*.d.ts', '**/*.as.ts'] },
  { linterOptions: { reportUnusedDisableDirectives: 'error' } },
  js.configs.recommended,
  tseslint.configs.recommended,
  svelte.configs.recommended,
  { files: typed, extends: [tseslint.configs.recommendedTypeCheckedOnly], languageOptions: { parserOptions: { projectService: true } } },
  { files: ['**/*.svelte'], languageOptions: { parserOptions: { parser: tseslint.parser } } },
  {
    rules: {
      // The compiler knows every name of every environment; the rule would need them listed again.
      'no-undef': 'off',
      eqeqeq: 'error',
      '@typescript-eslint/consistent-type-imports': ['error', { fixStyle: 'inline-type-imports', disallowTypeAnnotations: false }],
    },
  },
  {
    files: typed,
    rules: {
      // Things with a lifetime are plain objects that close over their state, so their methods need no `this`.
      '@typescript-eslint/unbound-method': 'off',
      // A function may be async to fit an interface.
      '@typescript-eslint/require-await': 'off',
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true, allowBoolean: true }],
    },
  },
  { files: ['scripts/**/*.mjs', '*.config.{js,ts}'], languageOptions: { globals: globals.node } },
  arrowRules(),
  {
    files: ['tests/**/*.ts'],
    rules: {
      '@typescript-eslint/no-unsafe-argument': 'off',
      '@typescript-eslint/no-unsafe-assignment': 'off',
      '@typescript-eslint/no-unsafe-call': 'off',
      '@typescript-eslint/no-unsafe-member-access': 'off',
      '@typescript-eslint/no-unsafe-return': 'off',
      'no-restricted-syntax': [
        'error',
        {
          selector: 'MemberExpression[object.name=/^(test|it|describe)$/][property.name=/^(skip|only|todo|fails)$/]',
          message: 'A test runs or it is not there.',
        },
      ],
    },
  },
);
