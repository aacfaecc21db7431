/**
 * The script of embedding.html: fills in the snippets as the form changes, and the table of attributes.
 * Invariant: the viewer itself comes only when the person asks to see their scene.
 */
import { type Attribute, attributeNames, attributes } from './attributes.ts';
import { defaultText, typeText } from './manifest.ts';
import * as snippet from './snippetText.ts';

/** In the sources this is a .ts file and there is no bundle to point to yet. */
const base = import.meta.url.endsWith('.ts') ? 'https://your-site.example/viewer/' : import.meta.url.replace(/[^/]*$/, '');

const element = <T extends HTMLElement>(id: string): T => document.querySelector(`#${id}`) as T;
const valueOf = (id: string) => element<HTMLInputElement>(id).value.trim();

function wish(): snippet.Wish {
  const length = (id: string, fallback: number) => Math.min(Math.max(Math.round(Number(valueOf(id))) || fallback, 100), 10_000);
  return {
    base,
    src: valueOf('src') || 'scene.sog',
    alt: valueOf('alt'),
    poster: valueOf('poster'),
    autoRotate: element<HTMLInputElement>('auto-rotate').checked,
    width: length('width', 800),
    height: length('height', 450),
  };
}

const texts: Record<string, (wish: snippet.Wish) => string> = {
  'element-code': snippet.elementSnippet,
  'frame-code': snippet.frameSnippet,
  'bundler-code': snippet.bundlerSnippet,
  'scene-code': snippet.sceneSnippet,
  'oembed-code': snippet.oembedSnippet,
  'headers-code': snippet.headersSnippet,
};

function refresh(): void {
  const wanted = wish();
  for (const [id, text] of Object.entries(texts)) element(id).textContent = text(wanted);
}

async function copy(button: HTMLButtonElement): Promise<void> {
  const code = element(button.dataset['copies'] ?? '');
  try {
    await navigator.clipboard.writeText(code.textContent);
    element('status').textContent = button.textContent = 'Copied';
    setTimeout(() => (button.textContent = 'Copy'), 2000);
  } catch {
    // Without leave to write to the clipboard the text is selected, one key away from being copied.
    getSelection()?.selectAllChildren(code);
    element('status').textContent = 'Selected: press Ctrl+C or Cmd+C';
  }
}

function cell(tag: 'td' | 'th', text: string, inCode: boolean): HTMLTableCellElement {
  const made = document.createElement(tag);
  if (tag === 'th') made.scope = 'row';
  const holder = inCode ? made.appendChild(document.createElement('code')) : made;
  holder.textContent = text;
  return made;
}

function attributeRow(name: (typeof attributeNames)[number]): HTMLTableRowElement {
  const attribute: Attribute = attributes[name];
  const row = document.createElement('tr');
  const fallback = attribute.type === 'flag' || attribute.default === null ? '' : defaultText(attribute);
  row.append(cell('th', name, true), cell('td', typeText(attribute), true), cell('td', fallback, true), cell('td', attribute.doc, false));
  return row;
}

async function show(): Promise<void> {
  const wanted = wish();
  if (!valueOf('src')) {
    element('src').focus();
    element('status').textContent = 'Name a splat file first';
    return;
  }
  await import('./define.ts');
  const viewer = document.createElement('splat-viewer');
  viewer.setAttribute('src', new URL(wanted.src, location.href).href);
  viewer.setAttribute('alt', wanted.alt);
  if (wanted.poster) viewer.setAttribute('poster', wanted.poster);
  for (const flag of ['camera-controls', 'controls', ...(wanted.autoRotate ? ['auto-rotate'] : [])]) viewer.toggleAttribute(flag, true);
  element('stage').replaceChildren(viewer);
}

element('attributes').append(...attributeNames.map(attributeRow));
element('form').addEventListener('input', refresh);
element('form').addEventListener('submit', (event) => {
  event.preventDefault();
  void show();
});
for (const button of document.querySelectorAll<HTMLButtonElement>('[data-copies]'))
  button.addEventListener('click', () => void copy(button));
refresh();
