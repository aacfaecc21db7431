/**
 * The container's program in place of the engine, on the server that `npm start` runs: photos sent through the API become a model with
 * every form of it. COLMAP finds the cameras, and the engine of this repository trains, for there is no CUDA here.
 */
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFailed, onTestFinished, test } from 'vitest';
import { containerPython } from '../../scripts/lib/python.mjs';
import { readPly } from '../../src/core/formats/ply.ts';
import type { JobStatus, ProcessAnswer } from '../../src/core/job/cloudApi.ts';
import type { SimpleUploadAnswer } from '../../src/core/job/cloudProjects.ts';
import { writeProceduralDataset } from '../fixtures/writeProceduralDataset.ts';
import { cloudServer } from './cloudServer.ts';

const slowMs = 240_000;
const steps = 60;

async function photosIn(folder: string): Promise<{ name: string; bytes: Buffer<ArrayBuffer> }[]> {
  const size = { widthPx: 320, heightPx: 240 };
  const { reconstruction } = await writeProceduralDataset(folder, { ...size, viewCount: 24, pointCount: 10, detail: true });
  const names = reconstruction.views.map(({ photoName }) => photoName).filter((_, i) => i % 2 === 0);
  return Promise.all(names.map(async (name) => ({ name, bytes: await readFile(join(folder, 'images', name)) })));
}

const python = await containerPython(process.cwd(), process.env);
const reason = 'path' in python ? '' : ` (not run: ${python.remedy})`;

test(`photos become a model by the container${reason}`, { timeout: slowMs }, async ({ skip }) => {
  skip(!('path' in python), reason);
  const folder = await mkdtemp(join(tmpdir(), 'splat-container-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  const server = await cloudServer({ trainArgs: `--steps ${steps} --width 64 --max-splats 2000`, trainer: 'container' });
  onTestFinished(() => server.close());
  onTestFailed(() => console.info(server.said().slice(-6000)));
  const photos = await photosIn(folder);
  await server.start();

  let cookie = '';
  const ask = async (path: string, init: RequestInit = {}): Promise<Response> => {
    const answer = await fetch(`${server.url}${path}`, { ...init, headers: { origin: server.url, cookie, ...init.headers } });
    cookie = answer.headers.getSetCookie()[0]?.split(';')[0] ?? cookie;
    expect([path, answer.ok ? '' : await answer.clone().text()]).toEqual([path, '']);
    return answer;
  };
  const form = new FormData();
  form.set('name', 'Spheres');
  form.set('preset', 'preview');
  for (const { name, bytes } of photos) form.append('photo', new Blob([bytes], { type: 'image/png' }), name);
  const { uploadId } = (await (await ask('/api/upload', { method: 'POST', body: form })).json()) as SimpleUploadAnswer;
  const order = { method: 'POST', body: JSON.stringify({ uploadId, preset: 'preview' }), headers: { 'content-type': 'application/json' } };
  const { jobId } = (await (await ask('/api/process', order)).json()) as ProcessAnswer;

  const status = async (): Promise<JobStatus> => (await ask(`/api/status/${jobId}`)).json() as Promise<JobStatus>;
  await expect.poll(async () => (await status()).state, { timeout: 200_000, interval: 500 }).toMatch(/completed|failed/);
  const { state, failure, model } = await status();
  expect([state, failure]).toEqual(['completed', null]);

  const file = async (format: string): Promise<Uint8Array<ArrayBuffer>> =>
    new Uint8Array(await (await ask(`/api/model/${model!.id}?format=${format}`)).arrayBuffer());
  const ply = readPly(await file('ply'), 'scene.ply');
  if (!ply.ok) throw new Error(ply.failure.detail);
  expect(ply.value.splats.count).toBeGreaterThan(100);
  expect((await file('splat')).byteLength).toBe(32 * ply.value.splats.count);
  expect([...(await file('spz')).subarray(0, 2)]).toEqual([0x1f, 0x8b]);
  expect(new TextDecoder().decode((await file('sog')).subarray(0, 2))).toBe('PK');
});
