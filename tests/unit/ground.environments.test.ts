/** One tsconfig per environment: a name that exists only elsewhere does not compile. */
import { fileURLToPath } from 'node:url';
import { dirname, join } from 'node:path';
import ts from 'typescript';
import { expect, test } from 'vitest';

const root = fileURLToPath(new URL('../..', import.meta.url));

/** Compiles one file that exists in memory only, with a tsconfig's own options and ambient declarations; gives the names not found. */
function unknownNames(config: string, file: string, code: string): string[] {
  const configFile = join(root, config);
  const parsed = ts.parseJsonConfigFileContent(
    ts.readConfigFile(configFile, (name) => ts.sys.readFile(name)).config,
    ts.sys,
    dirname(configFile),
  );
  const path = join(root, file);
  const disk = ts.createCompilerHost(parsed.options);
  const host: ts.CompilerHost = {
    ...disk,
    fileExists: (name) => name === path || disk.fileExists(name),
    getSourceFile: (name, options) => (name === path ? ts.createSourceFile(name, code, options) : disk.getSourceFile(name, options)),
  };
  const ambient = parsed.fileNames.filter((name) => name.endsWith('.d.ts'));
  const program = ts.createProgram([...ambient, path], parsed.options, host);
  const messages = program
    .getSemanticDiagnostics(program.getSourceFile(path))
    .map((one) => ts.flattenDiagnosticMessageText(one.messageText, ' '));
  return messages.map((message) => /Cannot find name '(\w+)'/.exec(message)?.[1] ?? message);
}

const cases: [config: string, file: string, unknown: string[], known: string[]][] = [
  [
    'tsconfig.core.json',
    'src/core/math/a.ts',
    ['document', 'window', 'self', 'fetch', 'navigator', 'indexedDB', 'process', 'console'],
    ['TextDecoder', 'setTimeout', 'GPUBufferUsage'],
  ],
  ['tsconfig.workers.json', 'workers/a.ts', ['document', 'window', 'process'], ['self', 'OffscreenCanvas', 'postMessage']],
  ['tsconfig.viewer.json', 'src/viewer/a.ts', ['process'], ['document', 'customElements']],
  ['tsconfig.app.json', 'src/app/a.ts', ['process'], ['document', 'navigator']],
  ['tsconfig.cli.json', 'src/cli/a.ts', ['document', 'window', 'indexedDB'], ['process', 'Buffer', 'GPUBufferUsage']],
];

test.for(cases)('%s', ([config, file, unknown, known]) => {
  const uses = [...unknown, ...known].map((name) => `void ${name};`).join('\n');
  expect(unknownNames(config, file, `${uses}\nexport {};`)).toEqual(unknown);
});

test('a shader imported with ?raw is text in every environment that may import it', () => {
  const code = "import code from '../../../shaders/x.wgsl?raw';\nexport const wrong: number = code;";
  expect(unknownNames('tsconfig.core.json', 'src/core/math/a.ts', code)).toEqual(["Type 'string' is not assignable to type 'number'."]);
});
