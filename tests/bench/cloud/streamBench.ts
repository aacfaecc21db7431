/**
 * Whether large photos go through the cloud without being held: the growth of the server's anonymous memory while one of 90 MB is put and
 * fetched, beside one of 10 MB; the same for a form; and how soon what is too large is refused.
 * Invariant: memory is what the kernel says of the processes, sampled every 50 ms.
 */
import { createHash } from 'node:crypto';
import type { ProcessAnswer, UploadCompleted, UploadSession } from '../../../src/core/job/cloudApi.ts';
import { type Manifest, type PullAnswer, trainerPaths } from '../../../src/core/job/trainerApi.ts';
import { type BenchServer, machine, print, printTable, record, withServer } from './benchServer.ts';
import { codeOf, createCalls, json, wanted } from './calls.ts';
import { hashOf, noisyPhoto } from './noise.ts';
import { type Place, ownerCalls } from './owner.ts';
import { baseJpeg } from './photos.ts';
import { trainerCall } from './pullWorker.ts';
import { type RawAnswer, rawRequest } from './rawRequest.ts';
import { type Growth, watchMemory } from './serverMemory.ts';

const megabyte = 1_000_000;
const sampleMs = 50;
/** A server that held a photo of 90 MB would grow by at least as much more than with one of 10 MB. */
const mostGrowthBytes = 40 * megabyte;

interface Row {
  what: string;
  bytes: number;
  seconds: number;
  growth: Growth[];
}

interface Refused {
  what: string;
  status: number;
  code: string;
  sentBytes: number;
  tries: number;
}

interface Large {
  name: string;
  bytes: number;
  sha256: string;
  chunks(): Iterable<Buffer>;
}

function largePhoto(base: Buffer, name: string, bytes: number): Large {
  const chunks = (): Iterable<Buffer> => noisyPhoto(base, name, bytes);
  return { name, bytes, sha256: hashOf(chunks()), chunks };
}

async function watched(what: string, bytes: number, work: () => Promise<unknown>): Promise<Row> {
  const begun = performance.now();
  const { growth } = await watchMemory(sampleMs, work);
  return { what, bytes, seconds: (performance.now() - begun) / 1000, growth };
}

async function put(url: string, { bytes, chunks }: Large): Promise<void> {
  const answer = await rawRequest(url, { method: 'PUT', headers: { 'content-length': bytes }, body: chunks() });
  if (answer.status !== 200) throw new Error(`PUT of ${bytes} bytes: ${answer.status} ${answer.text}`);
}

async function fetchWhole(url: string, { bytes, sha256 }: Large): Promise<void> {
  const response = await fetch(url);
  const chunks: AsyncIterable<Uint8Array> = response.body!;
  const hash = createHash('sha256');
  let length = 0;
  for await (const chunk of chunks) {
    hash.update(chunk);
    length += chunk.length;
  }
  if (length !== bytes || hash.digest('hex') !== sha256) throw new Error(`The photo of ${bytes} bytes came back as another one.`);
}

const boundary = 'bench-boundary-5f0e';

/** A form of photos, as curl sends it, made while it is sent. */
function* formOf(photos: readonly Large[]): Generator<Buffer> {
  for (const photo of photos) {
    yield Buffer.from(
      `--${boundary}\r\nContent-Disposition: form-data; name="photo"; filename="1.jpg"\r\nContent-Type: image/jpeg\r\n\r\n`,
    );
    yield* photo.chunks();
    yield Buffer.from('\r\n');
  }
  yield Buffer.from(`--${boundary}--\r\n`);
}

const sum = (numbers: readonly number[]): number => numbers.reduce((a, b) => a + b, 0);

function sendForm(origin: string, photos: readonly Large[], isLengthSaid: boolean): Promise<RawAnswer> {
  const length = sum([...formOf(photos.map((photo) => ({ ...photo, chunks: () => [] })))].map((part) => part.length)) + sum(photos.map(({ bytes }) => bytes)); // prettier-ignore
  const headers = { 'content-type': `multipart/form-data; boundary=${boundary}`, ...(isLengthSaid && { 'content-length': length }) };
  return rawRequest(`${origin}/api/upload`, { method: 'POST', headers, body: formOf(photos) });
}

const refusedBy = (what: string, { status, text, sentBytes }: Pick<RawAnswer, 'status' | 'text' | 'sentBytes'>, tries = 1): Refused => ({
  ...{ what, status, code: codeOf(text), sentBytes, tries },
});

/**
 * Sends what is to be refused. Between this end and the Worker stands the emulator's own HTTP client, which fails ("write ECONNRESET") when
 * the answer is there before it has sent the body, and a page of Vite is the answer then; so it may take some tries, and they are counted.
 */
async function refusal(what: string, send: () => Promise<RawAnswer>): Promise<Refused> {
  for (let tries = 1; ; tries++) {
    const answer = await send();
    if (answer.text.startsWith('{') || tries === 20) return refusedBy(what, answer, tries);
  }
}

/** PUTs of an owner and GETs of the trainer that has the job, of both lengths. */
async function measurePhotos({ origin, workerToken }: BenchServer, photos: Large[]): Promise<Row[]> {
  const calls = createCalls();
  const place: Place = { origin, calls, faults: { seed: 1, twice: 0, cut: 0 }, signal: new AbortController().signal };
  const owner = ownerCalls(place, 1);
  const announced = photos.map(({ sha256, bytes }) => ({ id: sha256, bytes, type: 'image/jpeg' }));
  const session = await owner.post<UploadSession>('uploads', '/api/uploads', { projectName: 'Large', photos: announced, preset: 'preview' }, 'large-upload', ({ uploadId }) => uploadId); // prettier-ignore
  const urls = new Map(session.parts.map(({ photoId, url }) => [photoId, new URL(url, origin).href]));
  const rows: Row[] = [];
  for (const photo of photos) rows.push(await watched(`PUT ${photo.name}`, photo.bytes, () => put(urls.get(photo.sha256)!, photo)));

  const { missing } = await owner.post<UploadCompleted>('complete', `/api/uploads/${session.uploadId}/complete`, {}, null, () => '');
  if (missing.length > 0) throw new Error(`${missing.length} photos are missing.`);
  await owner.post<ProcessAnswer>(
    'process',
    '/api/process',
    { uploadId: session.uploadId, preset: 'preview' },
    'large-order',
    ({ jobId }) => jobId,
  );
  const headers = { authorization: `Bearer ${workerToken}`, 'content-type': 'application/json' };
  const body = JSON.stringify({ workerId: 'bench', instance: 'bench', gpuClass: 'bench', waitSeconds: 20 });
  const pulled = await calls.ask('pull', origin + trainerPaths.pull, { method: 'POST', headers, body });
  const { spec, externalId } = json<PullAnswer>(wanted(pulled, 200, 'pull'));
  wanted(await trainerCall(place, spec, 'claim', trainerPaths.claim(spec.jobId), { externalId, holder: 'bench' }), 200, 'claim');
  const manifest = json<Manifest>(await trainerCall(place, spec, 'manifest', trainerPaths.manifest(spec.jobId), null));
  for (const photo of photos) {
    const image = manifest.images.find(({ sha256 }) => sha256 === photo.sha256);
    rows.push(await watched(`GET ${photo.name}`, photo.bytes, () => fetchWhole(image!.url, photo)));
  }
  return rows;
}

async function measureForms(origin: string, base: Buffer): Promise<Row[]> {
  const rows: Row[] = [];
  for (const [count, bytes] of [
    [3, 3 * megabyte],
    [1, 30 * megabyte],
    [3, 30 * megabyte],
  ]) {
    const photos = ['a', 'b', 'c'].slice(0, count).map((name) => largePhoto(base, `form ${name} ${count} ${bytes}`, bytes));
    const what = `form of ${count} x ${bytes / megabyte} MB`;
    const send = async (): Promise<void> => {
      const { status, text } = await sendForm(origin, photos, true);
      if (status !== 201) throw new Error(`${what}: ${status} ${text}`);
    };
    rows.push(await watched(what, count * bytes, send));
  }
  return rows;
}

/** 96 MB where at most 95 are taken, in every way in which it can come. */
async function measureRefusals({ origin }: BenchServer, base: Buffer): Promise<Refused[]> {
  const place: Place = { origin, calls: createCalls(), faults: { seed: 1, twice: 0, cut: 0 }, signal: new AbortController().signal };
  const owner = ownerCalls(place, 2);
  const [small, large] = [largePhoto(base, 'small', megabyte), largePhoto(base, 'too large', 96 * megabyte)];
  const announce = async (bytes: number) => {
    const body = JSON.stringify({ projectName: 'x', preset: 'preview', photos: [{ id: small.sha256, bytes, type: 'image/jpeg' }] });
    return owner.ask('uploads', '/api/uploads', { method: 'POST', headers: { 'content-type': 'application/json' }, body });
  };
  const tooLarge = await announce(large.bytes);
  const session = json<UploadSession>(await announce(small.bytes));
  const url = new URL(session.parts[0].url, origin).href;
  const put = (headers: Record<string, number>) => rawRequest(url, { method: 'PUT', headers, body: large.chunks() });
  const three = ['a', 'b', 'c'].map((name) => largePhoto(base, name, 32 * megabyte));
  return [
    refusedBy('announced with 96 MB', { status: tooLarge.status, text: tooLarge.bytes.toString(), sentBytes: 0 }),
    await refusal('PUT, length 96 MB, announced 1 MB', () => put({ 'content-length': large.bytes })),
    await refusal('PUT without a length', () => put({})),
    await refusal('form, length 96 MB', () => sendForm(origin, three, true)),
    await refusal('form without a length, one photo of 96 MB', () => sendForm(origin, [large], false)),
    await refusal('form without a length, 3 x 32 MB', () => sendForm(origin, three, false)),
  ];
}

const mb = (bytes: number): string => (bytes / megabyte).toFixed(1);
const isServer = ({ name }: Growth): boolean => name !== 'esbuild';
const grewBy = (row: Row, name: string): number =>
  sum(row.growth.filter((each) => each.name === name).map(({ before, peak }) => peak - before));

function show(rows: Row[], refused: Refused[]): void {
  const names = [...new Set(rows.flatMap(({ growth }) => growth.filter(isServer).map(({ name }) => name)))];
  const titles = ['', 'MB', 's', 'MB/s', ...names.map((name) => `${name} + MB`), ...names.map((name) => `${name} peak`), 'samples'];
  const lines = rows.map((row) => [
    row.what,
    ...[mb(row.bytes), row.seconds.toFixed(2), mb(row.bytes / row.seconds)],
    ...names.map((name) => mb(grewBy(row, name))),
    ...names.map((name) => mb(sum(row.growth.filter((each) => each.name === name).map(({ peak }) => peak)))),
    String(row.growth[0]?.samples ?? 0),
  ]);
  printTable([titles, ...lines]);
  const texts = refused.map(({ what, status, code, sentBytes, tries }) => [what, String(status), code, mb(sentBytes), String(tries)]);
  printTable([['refused', 'status', 'code', 'MB sent', 'tries'], ...texts]);
}

/** What is not as it must be. */
function problemsOf(rows: Row[], refused: Refused[]): string[] {
  const held = ['PUT', 'GET'].flatMap((method) => {
    const [small, large] = ['10 MB', '90 MB'].map((name) => rows.find(({ what }) => what === `${method} ${name}`)!);
    const more = grewBy(large, 'workerd') - Math.max(0, grewBy(small, 'workerd'));
    return more > mostGrowthBytes ? [`workerd grew by ${mb(more)} MB more for the ${method} of 90 MB than for that of 10 MB.`] : [];
  });
  const isRefusal = ({ status, code }: Refused): boolean => [400, 411, 413].includes(status) && /^[a-z-]+$/.test(code);
  const taken = refused.filter((each) => !isRefusal(each)).map(({ what, status, code }) => `${what}: answered ${status} ${code}.`);
  return [...held, ...taken];
}

export async function benchCloudStream({ label }: { label: string }): Promise<void> {
  const on = machine();
  print(`Anonymous memory of the server while large photos pass, every ${sampleMs} ms; ${on.device}, Node ${on.node}.`);
  const base = await baseJpeg();
  const [warm, small, large] = [['warm-up', 10], ['10 MB', 10], ['90 MB', 90]].map(([name, size]) => largePhoto(base, String(name), Number(size) * megabyte)); // prettier-ignore
  const { rows, refused } = await withServer({}, async (server) => ({
    rows: [...(await measurePhotos(server, [warm, small, large])), ...(await measureForms(server.origin, base))],
    refused: await measureRefusals(server, base),
  }));
  show(rows, refused);
  const problems = problemsOf(rows, refused);
  if (problems.length > 0) {
    process.stderr.write(`${problems.join('\n')}\n`);
    process.exitCode = 1;
    return;
  }
  record({ bench: 'cloud-stream', label, date: new Date().toISOString(), ...on, settings: { sampleMs }, rows, refused });
}
