/** A page with a viewer and the panel beside it, as the app shows them, for a splat that the test hands in. */
import { mount, unmount } from 'svelte';
import SharePanel from '../../../src/app/features/share/SharePanel.svelte';
import { posterOf } from '../../../src/app/features/share/pictures.ts';
import { useLocale } from '../../../src/app/i18n/text.ts';
import { filmTurntable } from '../../../src/app/services/turntable.ts';
import type { TurntableOptions } from '../../../src/app/services/turntablePlan.ts';
import { ok } from '../../../src/core/job/failure.ts';
import type { EditOperation } from '../../../src/core/scene/edit/operations.ts';
import '../../../src/viewer/define.ts';

export interface ExportPage {
  open(
    base64: string,
    fileName: string,
    edits: EditOperation[],
    attributes: Record<string, string>,
    locale?: 'en' | 'de',
  ): Promise<{ splats: number }>;
  close(): Promise<void>;
  /** A film of the viewer, as bytes in base64. */
  film(
    options: TurntableOptions,
    stopAtFrame?: number,
  ): Promise<{ outcome: string; ending: string; base64: string; told: number[][]; theta: number[]; thetas: number[] }>;
  poster(): Promise<{ bytes: number; head: number[] }>;
}
declare global {
  var exportPage: ExportPage;
}

const main = document.querySelector('main')!;
let panel: object | null = null;

async function base64Of(blob: Blob): Promise<string> {
  const bytes = new Uint8Array(await blob.arrayBuffer());
  let text = '';
  for (let at = 0; at < bytes.length; at += 4096) text += String.fromCharCode(...bytes.subarray(at, at + 4096));
  return btoa(text);
}

const viewerOf = () => document.querySelector('splat-viewer')!;

globalThis.exportPage = {
  async open(base64, fileName, edits, attributes, locale = 'en') {
    await useLocale(locale);
    const file = new Blob([Uint8Array.from(atob(base64), (c) => c.charCodeAt(0))]);
    const viewer = document.createElement('splat-viewer');
    for (const [name, value] of Object.entries(attributes)) viewer.setAttribute(name, value);
    const aside = document.createElement('aside');
    aside.className = 'card';
    main.replaceChildren(viewer, aside);
    await viewer.load(file, { name: fileName });
    panel = mount(SharePanel, {
      target: aside,
      props: { name: 'Four blobs', fileName, source: () => Promise.resolve(ok(file)), edits, viewer, onproject: () => undefined },
    });
    return { splats: viewer.splatCount };
  },
  async close() {
    if (panel) await unmount(panel);
    panel = null;
  },
  async film(options, stopAtFrame = Infinity) {
    const abort = new AbortController();
    const told: number[][] = [];
    const viewer = viewerOf();
    const before = viewer.getCameraOrbit()!.theta;
    // Where the camera stands for each frame.
    const thetas: number[] = [];
    const toBlob = viewer.toBlob.bind(viewer);
    viewer.toBlob = (size) => {
      thetas.push(viewer.getCameraOrbit()!.theta);
      return toBlob(size);
    };
    const progress = (done: number, total: number): void => {
      told.push([done, total]);
      if (done === stopAtFrame) abort.abort();
    };
    const outcome = await filmTurntable(viewer, options, progress, abort.signal);
    const theta = [before, viewer.getCameraOrbit()!.theta];
    if (!outcome.ok) return { outcome: outcome.why, ending: '', base64: '', told, theta, thetas };
    return { outcome: 'ok', ending: outcome.ending, base64: await base64Of(outcome.file), told, theta, thetas };
  },
  async poster() {
    const bytes = await posterOf(viewerOf());
    return { bytes: bytes?.length ?? 0, head: [...(bytes?.subarray(0, 3) ?? [])] };
  },
};
