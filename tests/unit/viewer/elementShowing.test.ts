/** What is shown and said while scenes come, fail, are taken away and lose their device: the layers on a stage that only takes notes. */
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { emptySplats } from '../../../src/core/scene/splats.ts';
import { type Result, fail, ok } from '../../../src/core/job/failure.ts';
import { createSettings } from '../../../src/viewer/attributeReader.ts';
import { createPosterLayer } from '../../../src/viewer/posterLayer.ts';
import type { ShadowParts } from '../../../src/viewer/shadow.ts';
import { createShowing } from '../../../src/viewer/showing.ts';
import type { Stage } from '../../../src/viewer/stage.ts';
import { stringsOf } from '../../../src/viewer/strings.ts';
import type { ViewerEvents } from '../../../src/viewer/viewerEvents.ts';
import { FakeElement } from './fakeElement.ts';

/** What sources and scene.json files the network has; null never answers. */
const network = vi.hoisted(() => ({ decoded: null as (() => Promise<unknown>) | null }));
vi.mock('../../../src/viewer/decode/decoder.ts', () => ({
  decodeSource: () => ({ done: network.decoded?.() ?? new Promise(() => undefined), cancel: () => undefined }),
}));
/** Fake network's answers by file name. */
let files: Record<string, string> = {};
let asked: string[] = [];

beforeEach(() => {
  [files, asked, network.decoded] = [{}, [], null];
  vi.stubGlobal('fetch', (url: string) => {
    const name = new URL(url).pathname.slice(1);
    asked.push(name);
    return Promise.resolve(name in files ? new Response(files[name]) : new Response('none', { status: 404 }));
  });
  vi.stubGlobal('matchMedia', () => ({ matches: false }));
});
afterEach(() => vi.unstubAllGlobals());

const three = () => {
  const splats = emptySplats(3, 0);
  for (let i = 0; i < 3; i++) splats.quats[4 * i] = 1;
  return { splats };
};

function setUp(attributes: Record<string, string> = {}) {
  const host = new FakeElement();
  host.attributes = attributes;
  const names = ['poster', 'bar', 'error', 'errorText', 'reload'] as const;
  const shadow = Object.fromEntries(names.map((name) => [name, new FakeElement()])) as Record<(typeof names)[number], FakeElement>;
  shadow.error.hidden = true;
  const events: { type: string; detail: unknown }[] = [];
  for (const type of ['load', 'error', 'progress'] satisfies (keyof ViewerEvents)[])
    host.addEventListener(type, (event) => events.push({ type, detail: (event as CustomEvent).detail }));
  let backend: Stage['backend'] = null;
  let starts: Result<'webgpu'>[] = [];
  const stage = {
    start: async () => {
      const started = starts.shift() ?? ok('webgpu' as const);
      backend = started.ok ? started.value : null;
      return started;
    },
    get backend() {
      return backend;
    },
    open: vi.fn(),
    append: vi.fn(),
    hide: vi.fn(),
    invalidate: vi.fn(),
  };
  const view = { setBox: vi.fn(), looksThrough: false };
  const prompt = { arm: vi.fn(), end: vi.fn() };
  const settings = createSettings(host);
  const showing = createShowing(host as unknown as HTMLElement, shadow as unknown as ShadowParts, {
    stage: stage as unknown as Stage,
    view: () => view as never,
    camera: () => ({ controller: { userHasMoved: false }, setFront: () => undefined }) as never,
    prompt: prompt as never,
    announcer: { say: () => undefined, dispose: () => undefined },
    settings,
    strings: () => stringsOf(null),
    isNear: () => true,
    isGiven: () => false,
    changed: (name) => name === 'src' && showing.loadSource(),
    posterChanged: () => undefined,
  });
  const lose = () => {
    backend = null;
    showing.flow.lost('test');
  };
  return { ...shadow, host, events, showing, stage, prompt, view, lose, startWith: (...next: typeof starts) => (starts = next) };
}

const failing = () => () => Promise.resolve(fail('offline', 'The server answered 404.'));
const scene = (more: object = {}) => JSON.stringify({ version: 1, files: [{ url: 'a.ply' }], ...more });
const press = (button: FakeElement) => button.dispatchEvent(new Event('click'));
const eventually = vi.waitFor;

describe('src taken away', () => {
  test('while it loads ends the bar', async () => {
    const { bar, host, showing, stage } = setUp({ src: 'a.ply' });
    showing.loadSource();
    await Promise.resolve();
    expect([bar.hidden, bar.classes.has('idle')]).toEqual([false, false]);
    delete host.attributes.src;
    showing.loadSource();
    expect([bar.classes.has('idle'), bar.attributes['aria-hidden']]).toEqual([true, 'true']);
    expect(await showing.flow.reload()).toMatchObject({ ok: false, failure: { code: 'cancelled' } });
    expect(stage.append).not.toHaveBeenCalled();
  });

  test('after an error hides it and its button', async () => {
    network.decoded = failing();
    const { error, host, showing } = setUp({ src: 'a.ply' });
    showing.loadSource();
    await eventually(() => expect(error.hidden).toBe(false));
    delete host.attributes.src;
    showing.loadSource();
    expect(error.hidden).toBe(true);
    expect(showing.flow.failure).toBeNull();
  });
});

describe('the button of the error layer', () => {
  test('asks for the scene.json again', async () => {
    const { error, reload, showing, events } = setUp({ scene: 'scene.json' });
    showing.loadSceneFile();
    await eventually(() => expect(error.hidden).toBe(false));
    expect([asked, reload.hidden]).toEqual([['scene.json'], false]);
    press(reload);
    expect(error.hidden).toBe(true);
    await eventually(() => expect(error.hidden).toBe(false));
    files['scene.json'] = scene({ colour: 'red' });
    network.decoded = () => Promise.resolve(ok({ count: 0, gigantic: new Uint32Array(0), warnings: [] }));
    press(reload);
    await eventually(() => expect(events.at(-1)?.type).toBe('load'));
    expect(asked).toEqual(['scene.json', 'scene.json', 'scene.json']);
    expect(error.hidden).toBe(true);
    expect(events.at(-1)?.detail).toMatchObject({
      url: 'https://a.example/a.ply',
      warnings: [{ code: 'bad-file', detail: expect.stringContaining('colour') as string, file: 'https://a.example/scene.json' }],
    });
  });

  test('asks for the scene itself, and only for it, when that failed', async () => {
    network.decoded = failing();
    files['scene.json'] = scene();
    const { error, reload, showing, events } = setUp({ scene: 'scene.json' });
    showing.loadSceneFile();
    await eventually(() => expect(error.hidden).toBe(false));
    network.decoded = () => Promise.resolve(ok({ count: 0, gigantic: new Uint32Array(0), warnings: [] }));
    press(reload);
    await eventually(() => expect(events.at(-1)?.type).toBe('load'));
    expect(asked).toEqual(['scene.json']);
  });

  test('is there when code did not come, not when there is no graphics device', async () => {
    const { reload, showing, startWith } = setUp();
    startWith(fail('offline', 'No code.'), fail('gpu-missing', 'None.'));
    await showing.flow.show(three());
    expect(reload.hidden).toBe(false);
    await showing.flow.show(three());
    expect(reload.hidden).toBe(true);
  });
});

describe('a scene.json that is taken away', () => {
  test('takes its error and its source with it', async () => {
    const { error, host, showing } = setUp({ scene: 'scene.json' });
    showing.loadSceneFile();
    await eventually(() => expect(error.hidden).toBe(false));
    delete host.attributes.scene;
    showing.loadSceneFile();
    expect(error.hidden).toBe(true);
  });

  test('leaves nothing of it when another without a source takes its place', async () => {
    files['scene.json'] = scene();
    files['other.json'] = JSON.stringify({ version: 1, title: 'Other' });
    network.decoded = () => Promise.resolve(ok({ count: 0, gigantic: new Uint32Array(0), warnings: [] }));
    const { host, showing, events } = setUp({ scene: 'scene.json' });
    showing.loadSceneFile();
    await eventually(() => expect(events.at(-1)?.type).toBe('load'));
    host.attributes.scene = 'other.json';
    showing.loadSceneFile();
    await eventually(() => expect(showing.flow.loaded).toBe(false));
    expect(await showing.flow.reload()).toMatchObject({ failure: { code: 'cancelled' } });
  });
});

describe('the poster', () => {
  test('stays over a canvas whose device is lost for good, until there is a picture again', async () => {
    const { poster, reload, showing, lose } = setUp();
    await showing.flow.show(three());
    expect(showing.poster.shown).toBe(false);
    lose();
    await eventually(() => expect(showing.flow.loaded).toBe(true));
    lose();
    expect([showing.poster.shown, poster.classes.has('gone')]).toEqual([true, false]);
    showing.poster.dismiss();
    expect(showing.poster.shown).toBe(true);
    press(reload);
    await eventually(() => expect(showing.poster.shown).toBe(false));
  });

  test('comes back when a lost device finds no other', async () => {
    const { showing, lose, startWith } = setUp();
    await showing.flow.show(three());
    startWith(fail('gpu-missing', 'None.'));
    lose();
    await eventually(() => expect(showing.flow.failure?.code).toBe('gpu-missing'));
    expect(showing.poster.shown).toBe(true);
  });

  test('can be used in the element’s second life', () => {
    const poster = new FakeElement();
    const make = () => createPosterLayer(new FakeElement() as never, { poster } as never, () => undefined);
    const first = make();
    first.ready(true);
    first.dismiss();
    expect([poster.hasAttribute('inert'), poster.classes.has('gone')]).toEqual([true, true]);
    make();
    expect([poster.hasAttribute('inert'), poster.classes.has('gone')]).toEqual([false, false]);
  });
});

describe('the hint that the scene can be turned', () => {
  test.each([
    ['is armed while the camera can be moved', false, 1],
    ['is not while another camera is looked through', true, 0],
  ])('%s', async (_name, looksThrough, times) => {
    const { showing, view, prompt } = setUp({ 'camera-controls': '' });
    view.looksThrough = looksThrough;
    await showing.flow.show(three());
    expect(prompt.arm).toHaveBeenCalledTimes(times);
  });
});
