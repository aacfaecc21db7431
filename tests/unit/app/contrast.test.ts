/** Text on its backgrounds: WCAG 2.2 contrast (relative luminance, section 1.4.3) of the page's colours, light and dark. */
import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';

const css = readFileSync(new URL('../../../src/app/ui/tokens.css', import.meta.url), 'utf8');

function colours(part: string): Record<string, string> {
  return Object.fromEntries([...part.matchAll(/--([\w-]+):\s*(#[0-9a-f]{6});/g)].map(([, name, value]) => [name, value]));
}

function luminance(hex: string): number {
  const [r, g, b] = [1, 3, 5]
    .map((at) => Number.parseInt(hex.slice(at, at + 2), 16) / 255)
    .map((c) => (c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4));
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}

function contrast(a: string, b: string): number {
  const [dark, light] = [luminance(a), luminance(b)].sort((x, y) => x - y);
  return (light + 0.05) / (dark + 0.05);
}

const [lightPart, darkPart] = css.split('@media (prefers-color-scheme: dark)');
const light = colours(lightPart);
const themes = { light, dark: { ...light, ...colours(darkPart) } };

const pairs: [text: string, background: string][] = [
  ...['ground', 'surface', 'sunken', 'accent-wash', 'warn-wash', 'bad-wash'].map((background): [string, string] => ['ink', background]),
  ...['ground', 'surface', 'accent-wash', 'warn-wash'].map((background): [string, string] => ['ink-soft', background]),
  ['on-accent', 'accent'],
  ['on-accent', 'accent-hover'],
  ['warn', 'warn-wash'],
  ['bad', 'bad-wash'],
  ['bad', 'surface'],
];

describe.each(Object.entries(themes))('%s', (_, theme) => {
  test.each(pairs)('%s on %s is at least 4.5 : 1', (text, background) => {
    expect(contrast(theme[text], theme[background])).toBeGreaterThanOrEqual(4.5);
  });

  test.each(['line-strong', 'accent'])('the outline colour %s is at least 3 : 1 on the page and on cards', (line) => {
    for (const background of ['ground', 'surface']) expect(contrast(theme[line], theme[background])).toBeGreaterThanOrEqual(3);
  });
});
