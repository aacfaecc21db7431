/**
 * What lies beside the viewer's scripts: the pages, the manifest, the licences and a package.json, so that the folder is a package too.
 * Invariant: everything is made from files of the sources; nothing about the element is written a second time.
 */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

/** Paths of the sources in the pages, and what stands in their place. */
const inPages = {
  '/src/viewer/embed.css': './embed.css',
  '/src/viewer/embed.ts': './embed.js',
  '/src/viewer/embedding.css': './embedding.css',
  '/src/viewer/snippets.ts': './embedding.js',
};

/**
 * @param {string} root
 * @param {string} outDir
 */
export function writePages(root, outDir) {
  for (const page of ['embed.html', 'embedding.html']) {
    let html = readFileSync(join(root, page), 'utf8');
    for (const [source, file] of Object.entries(inPages)) html = html.replaceAll(`"${source}"`, `"${file}"`);
    const left = /"\/src\/[^"]*"/.exec(html);
    if (left) throw new Error(`${page} names ${left[0]}, which is not in the bundle.`);
    writeFileSync(join(outDir, page), html);
  }
  for (const sheet of ['embed.css', 'embedding.css']) {
    writeFileSync(join(outDir, sheet), readFileSync(join(root, 'src/viewer', sheet), 'utf8'));
  }
}

/** The name of the class in the sources, and how the folder's package.json leads to it. */
const className = 'SplatViewerElement';

/**
 * @param {string} root
 * @param {string} outDir
 */
export async function writeManifest(root, outDir) {
  const { customElementsManifest } = await import(pathToFileURL(join(root, 'src/viewer/manifest.ts')).href);
  const manifest = customElementsManifest(className, 'splat-viewer-element.js', 'splat-viewer.js');
  writeFileSync(join(outDir, 'custom-elements.json'), `${JSON.stringify(manifest, null, 2)}\n`);
}

/**
 * @param {string} root
 * @param {string} outDir
 */
export function writePackage(root, outDir) {
  const { version, license } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  const define = { types: './types/viewer/define.d.ts', default: './splat-viewer.js' };
  const description = {
    name: 'splat-viewer',
    version,
    license,
    type: 'module',
    description: 'A custom element that shows 3D Gaussian splats.',
    exports: {
      '.': { types: './types/viewer/index.d.ts', default: './splat-viewer-element.js' },
      './define': define,
      './splat-viewer.js': define,
      './custom-elements.json': './custom-elements.json',
      './package.json': './package.json',
    },
    customElements: 'custom-elements.json',
    sideEffects: ['./splat-viewer.js', './define.js', './embed.js', './embedding.js'],
  };
  writeFileSync(join(outDir, 'package.json'), `${JSON.stringify(description, null, 2)}\n`);
  writeFileSync(join(outDir, 'define.js'), "export * from './splat-viewer.js';\n");
}

/**
 * The package a module on disk belongs to.
 * @param {string} file
 * @returns {[name: string, folder: string][]} none for files of our own
 */
function packageOf(file) {
  const found = /(.*[\\/]node_modules[\\/])((?:@[^\\/]+[\\/])?[^\\/]+)/.exec(file);
  return found ? [[found[2], found[1] + found[2]]] : [];
}

/** Compiled into splat-transform's webp.wasm; its package carries no copy of this notice. */
const libwebp = `libwebp, in webp.wasm
Copyright (c) 2010, Google Inc. All rights reserved.

Redistribution and use in source and binary forms, with or without modification, are permitted provided that the following conditions are
met:

  * Redistributions of source code must retain the above copyright notice, this list of conditions and the following disclaimer.
  * Redistributions in binary form must reproduce the above copyright notice, this list of conditions and the following disclaimer in the
    documentation and/or other materials provided with the distribution.
  * Neither the name of Google nor the names of its contributors may be used to endorse or promote products derived from this software
    without specific prior written permission.

THIS SOFTWARE IS PROVIDED BY THE COPYRIGHT HOLDERS AND CONTRIBUTORS "AS IS" AND ANY EXPRESS OR IMPLIED WARRANTIES, INCLUDING, BUT NOT LIMITED
TO, THE IMPLIED WARRANTIES OF MERCHANTABILITY AND FITNESS FOR A PARTICULAR PURPOSE ARE DISCLAIMED. IN NO EVENT SHALL THE COPYRIGHT HOLDER OR
CONTRIBUTORS BE LIABLE FOR ANY DIRECT, INDIRECT, INCIDENTAL, SPECIAL, EXEMPLARY, OR CONSEQUENTIAL DAMAGES (INCLUDING, BUT NOT LIMITED TO,
PROCUREMENT OF SUBSTITUTE GOODS OR SERVICES; LOSS OF USE, DATA, OR PROFITS; OR BUSINESS INTERRUPTION) HOWEVER CAUSED AND ON ANY THEORY OF
LIABILITY, WHETHER IN CONTRACT, STRICT LIABILITY, OR TORT (INCLUDING NEGLIGENCE OR OTHERWISE) ARISING IN ANY WAY OUT OF THE USE OF THIS
SOFTWARE, EVEN IF ADVISED OF THE POSSIBILITY OF SUCH DAMAGE.
`;

/** @param {Map<string, string>} folders of packages, by name */
function licenceTexts(folders) {
  return [...folders].sort().map(([name, folder]) => {
    const file = ['LICENSE', 'LICENSE.md', 'LICENSE.txt', 'License.md'].map((one) => join(folder, one)).find(existsSync);
    const { license } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
    return `${name}\n${file ? readFileSync(file, 'utf8').trim() : license}\n`;
  });
}

/**
 * Our licence and those of the packages whose code is in a bundle without the WebP decoder, to travel inside the bundle itself.
 * @param {string} root
 * @param {Iterable<string>} modules files that went into the bundle
 */
export function licenceNotice(root, modules) {
  const ours = readFileSync(join(root, 'LICENSE'), 'utf8').trim();
  return [`splat-viewer\n${ours}\n`, ...licenceTexts(new Map([...modules].flatMap(packageOf)))].join('\n');
}

/**
 * Our licence, and in THIRD-PARTY.txt those of the packages whose code is in the bundle.
 * @param {string} root
 * @param {string} outDir
 * @param {Iterable<string>} modules files that went into the bundle
 * @returns {string[]} the packages' names
 */
export function writeLicences(root, outDir, modules) {
  const folders = new Map([...modules].flatMap(packageOf));
  const texts = licenceTexts(folders);
  writeFileSync(join(outDir, 'LICENSE'), readFileSync(join(root, 'LICENSE'), 'utf8'));
  writeFileSync(join(outDir, 'THIRD-PARTY.txt'), [...texts, libwebp].join(`\n${'-'.repeat(80)}\n\n`));
  return [...folders.keys()];
}
