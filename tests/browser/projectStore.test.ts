/** A project on a real disk: written by a worker's hands, saved as one file, deleted, read again, the same to the last byte. */
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type * as ArchiveClient from '../../src/app/services/archiveClient.ts';
import type * as ProjectFiles from '../../src/app/services/store/projectFiles.ts';
import type * as Store from '../../src/app/services/store/projectStore.ts';
import { type AppServer, serveApp } from './appServer.ts';
import { launchChromium } from './chromium.ts';

type Parts = typeof ArchiveClient & typeof ProjectFiles & typeof Store;
const partsPage = `<!doctype html><title>parts</title><script type="module">
  import * as archive from '/src/app/services/archiveClient.ts';
  import * as files from '/src/app/services/store/projectFiles.ts';
  import * as store from '/src/app/services/store/projectStore.ts';
  globalThis.parts = { ...archive, ...files, ...store };
</script>`;

let app: AppServer;
let browser: Browser;
let page: Page;

beforeAll(async () => {
  [app, browser] = await Promise.all([serveApp(), launchChromium({ webGpu: false })]);
  page = await browser.newPage();
  await page.route('**/parts.html', (route) => route.fulfill({ contentType: 'text/html', body: partsPage }));
  await page.goto(`${app.url}parts.html`);
  await page.waitForFunction(() => 'parts' in globalThis);
});
afterAll(async () => {
  await browser.close();
  await app.close();
});

test('a project is kept, saved, deleted and read again', async () => {
  const seen = await page.evaluate(async () => {
    const { openProjectStore, projectFile, projectBytes, exportProject, importProject } = (globalThis as unknown as { parts: Parts }).parts;
    const photo = Uint8Array.from({ length: 9_000_001 }, (_, i) => (i * 2654435761) >>> 24);

    const write = async (id: string): Promise<void> => {
      const projects = await (await navigator.storage.getDirectory()).getDirectoryHandle('projects', { create: true });
      const handle = await (await projects.getDirectoryHandle(id, { create: true })).getFileHandle('photo-00001.jpg', { create: true });
      const out = await handle.createWritable();
      await out.write(photo);
      await out.close();
    };
    const store = await openProjectStore();
    const { id } = await store.create('Kitchen', 'photos');
    await write(id);
    const photos = [{ id: 'x', name: 'a.jpg', file: 'photo-00001.jpg', sizeBytes: photo.length }] as never;
    const project = await store.update(id, () => ({ state: 'checked', photos, poster: Uint8Array.of(1, 2, 3) }));
    const history = { done: [{ kind: 'delete' as const, splats: Uint8Array.of(5, 6), count: 4 }], undone: [] };
    await store.saveEdits(id, history);

    const told: number[] = [];
    const saved = await exportProject(project!, await store.edits(id), { progress: (done) => told.push(done) });
    if (!saved.ok) throw new Error(saved.failure.detail);
    await store.remove(id);
    const gone = [await store.list(), await projectBytes(id)];

    const file = new File([saved.value], 'kitchen.splatproject.zip');
    let heard = 0;
    store.subscribe(() => heard++);
    const back = await importProject(file);
    if (!back.ok) throw new Error(back.failure.detail);
    const bytes = new Uint8Array(await (await projectFile(back.value.id, 'photo-00001.jpg'))!.arrayBuffer());
    const same = bytes.length === photo.length && bytes.every((byte, i) => byte === photo[i]);
    const edits = await store.edits(back.value.id);
    const rows = await store.list();

    const abort = new AbortController();
    const stopping = importProject(file, { signal: abort.signal, progress: () => abort.abort() });
    const stopped = await stopping;
    const cut = await importProject(new File([saved.value.slice(0, 5_000_000)], 'cut.zip'));
    const folders: string[] = [];
    const projects = await (await navigator.storage.getDirectory()).getDirectoryHandle('projects');
    for await (const name of (projects as unknown as { keys(): AsyncIterable<string> }).keys()) folders.push(name);
    await new Promise((resolve) => setTimeout(resolve, 50));
    return {
      keeps: store.keeps,
      told: told.at(-1),
      gone,
      same,
      edits: [...(edits.done[0] as { splats: Uint8Array }).splats],
      fresh: back.value.id !== id,
      rows: rows.map(({ name, state, bytes: size, poster }) => ({ name, state, size, poster: [...poster!] })),
      heard,
      stopped: stopped.ok ? 'ok' : stopped.failure.code,
      cut: cut.ok ? 'ok' : cut.failure.code,
      folders: folders.length,
    };
  });
  expect(seen).toEqual({
    keeps: true,
    told: 9_000_001,
    gone: [[], 0],
    same: true,
    edits: [5, 6],
    fresh: true,
    rows: [{ name: 'Kitchen', state: 'checked', size: 9_000_001, poster: [1, 2, 3] }],
    heard: 1,
    stopped: 'cancelled',
    cut: 'bad-file',
    folders: 1,
  });
});
