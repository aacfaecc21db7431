/**
 * TypeScript declarations of the viewer's two doors, and of every file of ours that they name.
 * Invariant: the declarations compile by themselves, with the DOM's types and nothing else.
 */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join, relative, sep } from 'node:path';
import ts from 'typescript';

/**
 * @param {string} root
 * @param {string[]} doors source files
 */
function programOf(root, doors) {
  const config = ts.readConfigFile(join(root, 'tsconfig.viewer.json'), (name) => readFileSync(name, 'utf8')).config;
  const parsed = ts.parseJsonConfigFileContent(config, ts.sys, root);
  const options = { ...parsed.options, noEmit: false, declaration: true, emitDeclarationOnly: true, incremental: false, rootDir: root };
  delete options.tsBuildInfoFile;
  const ambient = parsed.fileNames.filter((name) => name.endsWith('.d.ts'));
  return ts.createProgram([...ambient, ...doors], options);
}

/** @type {(program: ts.Program, file: string) => string} */
function declarationOf(program, file) {
  let text = '';
  const { diagnostics } = program.emit(program.getSourceFile(file), (_, written) => (text = written));
  const error = diagnostics.find(({ category }) => category === ts.DiagnosticCategory.Error);
  if (error) throw new Error(`${file}: ${ts.flattenDiagnosticMessageText(error.messageText, '\n')}`);
  return text;
}

const specifier = /((?:from|import)\s*\(?\s*['"])(\.{1,2}\/[^'"]+)\.ts(['"])/g;

/**
 * Only what the doors lead to is looked at: the rest need not even compile.
 * @param {string} root
 * @param {string[]} doors
 * @returns {Map<string, string>} declarations by source file
 */
function reachable(root, doors) {
  const program = programOf(root, doors);
  /** @type {Map<string, string>} */
  const texts = new Map();
  const queue = [...doors];
  for (let file; (file = queue.pop()) !== undefined;) {
    if (texts.has(file)) continue;
    const text = declarationOf(program, file);
    texts.set(file, text);
    for (const [, , path] of text.matchAll(specifier)) queue.push(`${join(dirname(file), path)}.ts`);
  }
  return texts;
}

/** So that document.createElement and querySelector know the tag. */
const tagName = `
declare global {
  interface HTMLElementTagNameMap {
    'splat-viewer': SplatViewerElement;
  }
}
`;

/**
 * Writes types/viewer/index.d.ts, types/viewer/define.d.ts and what they need.
 * @param {string} root
 * @param {string} outDir
 * @returns {string[]} the files, relative to outDir
 */
export function writeTypes(root, outDir) {
  const element = join(root, 'src/viewer/element.ts');
  const texts = reachable(root, [join(root, 'src/viewer/index.ts'), join(root, 'src/viewer/define.ts')]);
  const hasTagName = [...texts.values()].some((text) => text.includes('HTMLElementTagNameMap'));
  return [...texts].map(([source, text]) => {
    const name = `types/${relative(join(root, 'src'), source).split(sep).join('/').replace(/\.ts$/, '.d.ts')}`;
    const more = source === element && !hasTagName ? tagName : '';
    mkdirSync(dirname(join(outDir, name)), { recursive: true });
    writeFileSync(join(outDir, name), text.replace(specifier, '$1$2.js$3') + more);
    return name;
  });
}
