/** HTML for other people's pages: the iframe, the oEmbed answer, the query of embed.html and the snippets. */
import { describe, expect, test } from 'vitest';
import { type OEmbedQuestion, escapeHtml, iframeHtml, oembedFor } from '../../src/core/job/embedHtml.ts';
import { readEmbedQuery, writeEmbedQuery } from '../../src/viewer/embedQuery.ts';
import { elementSnippet, frameSnippet, frameUrl, oembedAnswer, sceneSnippet } from '../../src/viewer/snippetText.ts';
import { parseSceneSettingsText } from '../../src/core/scene/sceneSettings.ts';

const hostile = `"><script>alert('1')</script>&amp;`;

/** Attributes of the only tag in a text, read as the HTML standard tokenizes quoted values; null when there is more than that tag. */
function attributesOf(html: string, tag: string): Record<string, string> | null {
  const whole = new RegExp(`^<${tag}((?:\\s+[a-z-]+(?:="[^"]*")?)*)\\s*></${tag}>$`).exec(html);
  if (!whole) return null;
  const decode = (text: string) =>
    text.replace(/&(lt|gt|quot|#39|amp);/g, (_, name: string) => ({ lt: '<', gt: '>', quot: '"', '#39': "'", amp: '&' })[name] ?? '');
  return Object.fromEntries([...whole[1].matchAll(/([a-z-]+)(?:="([^"]*)")?/g)].map(([, name, value]) => [name, decode(value ?? '')]));
}

describe('the iframe', () => {
  test('holds whatever the texts are inside its attributes', () => {
    const url = `https://view.example/embed.html?src=${hostile}`;
    const attributes = attributesOf(iframeHtml({ url, title: hostile, width: 640, height: 360 }), 'iframe');
    expect(attributes).toMatchObject({ src: url, title: hostile, width: '640', height: '360', loading: 'lazy', sandbox: 'allow-scripts' });
    expect(attributes?.['allow']).toContain('fullscreen');
  });

  test('escaping leaves nothing that ends an attribute or begins a tag', () => {
    expect(escapeHtml(hostile)).toBe('&quot;&gt;&lt;script&gt;alert(&#39;1&#39;)&lt;/script&gt;&amp;amp;');
  });
});

describe('the oEmbed answer', () => {
  const question: OEmbedQuestion = { url: 'https://view.example/embed.html?src=a.sog', title: 'Arch', width: 800, height: 450 };

  test('has what the specification asks of type rich', () => {
    expect(oembedFor(question)).toEqual({ version: '1.0', type: 'rich', title: 'Arch', html: expect.any(String), width: 800, height: 450 });
  });

  test.for([
    [400, undefined, 400, 225],
    [undefined, 225, 400, 225],
    [400, 100, 177, 100],
    [4000, 4000, 800, 450],
    [1, 1, 1, 1],
    [NaN, -5, 800, 450],
    [0, undefined, 800, 450],
    [399.9, undefined, 399, 224],
  ] as const)('maxwidth %s and maxheight %s give %s x %s, in the frame too', ([maxwidth, maxheight, width, height]) => {
    const limits = { ...(maxwidth !== undefined && { maxwidth }), ...(maxheight !== undefined && { maxheight }) };
    const answer = oembedFor({ ...question, ...limits });
    expect([answer.width, answer.height]).toEqual([width, height]);
    expect(attributesOf(answer.html, 'iframe')).toMatchObject({ width: String(width), height: String(height) });
  });

  test('a thumbnail comes whole or not at all, and never above the limits', () => {
    const thumbnail = { url: 'https://view.example/a.webp', width: 480, height: 270 };
    expect(oembedFor({ ...question, thumbnail })).toMatchObject({
      thumbnail_url: thumbnail.url,
      thumbnail_width: 480,
      thumbnail_height: 270,
    });
    expect(Object.keys(oembedFor({ ...question, thumbnail, maxwidth: 479 })).filter((name) => name.startsWith('thumbnail'))).toEqual([]);
  });

  test('the title is text in JSON and escaped in the frame', () => {
    const answer = oembedFor({ ...question, title: hostile });
    expect(answer.title).toBe(hostile);
    expect(attributesOf(answer.html, 'iframe')?.['title']).toBe(hostile);
  });
});

describe('the query of embed.html', () => {
  const attributes = (search: string) => Object.fromEntries(readEmbedQuery(search).attributes);

  test('is the element’s attributes; controls are on until they are turned off', () => {
    expect(attributes('?src=a.sog&auto-rotate&camera-orbit=1rad%202rad%203m')).toEqual({
      'camera-controls': '',
      controls: '',
      src: 'a.sog',
      'auto-rotate': '',
      'camera-orbit': '1rad 2rad 3m',
    });
    expect(attributes('src=a&controls=0&camera-controls=false&auto-rotate=0')).toEqual({ src: 'a' });
  });

  test('names that are no attributes, and cookies, are passed over', () => {
    expect(attributes('src=a&onload=alert(1)&style=x&id=y&slot=z&with-credentials&constructor=1')).toEqual({
      src: 'a',
      controls: '',
      'camera-controls': '',
    });
  });

  test.for(['src=javascript:alert(1)', 'src=data:text/html,x', 'src=a&poster=java%0Ascript:x', 'scene=file:///etc/passwd', 'src=', ''])(
    '%j is refused with words',
    (search) => {
      expect(readEmbedQuery(search).problems.join(' ')).toMatch(/address|Nothing to show/);
    },
  );

  test('a scene.json alone is enough, and a blob: is let in', () => {
    expect(readEmbedQuery('scene=scene.json').problems).toEqual([]);
    expect(readEmbedQuery('src=blob:https://a.example/1').problems).toEqual([]);
  });

  test('writing and reading give the same', () => {
    const wanted = { src: 'https://a.example/ä b.sog?x=1&y=2#z', 'auto-rotate': true, controls: false, alt: hostile };
    expect(attributes(writeEmbedQuery(wanted))).toEqual({ src: wanted.src, 'auto-rotate': '', 'camera-controls': '', alt: hostile });
  });
});

describe('snippets', () => {
  const wish = { base: 'https://view.example/v/', src: hostile, alt: hostile, poster: '', autoRotate: true, width: 800, height: 450 };

  test('the element holds what was typed in its attributes', () => {
    const html = elementSnippet(wish);
    const attributes = attributesOf(html.slice(html.indexOf('<splat-viewer\n')), 'splat-viewer');
    expect(attributes).toEqual({ src: hostile, alt: hostile, 'camera-controls': '', 'auto-rotate': '' });
  });

  test('the frame leads to a page that shows the same', () => {
    const url = attributesOf(frameSnippet(wish), 'iframe')?.['src'] ?? '';
    expect(url).toBe(frameUrl(wish));
    expect(Object.fromEntries(new URL(url).searchParams)).toEqual({ src: hostile, alt: hostile, 'auto-rotate': '1' });
    expect(oembedAnswer(wish).html).toContain('sandbox="allow-scripts"');
  });

  test('the scene.json it shows is one the viewer reads', () => {
    const result = parseSceneSettingsText(sceneSnippet({ ...wish, src: 'big.sog' }));
    expect(result.ok && result.value.warnings).toEqual([]);
    expect(result.ok && result.value.settings.hotspots[0].camera?.target).toEqual([0.4, 0.9, 0.2]);
  });
});
