/**
 * Files that are put straight into R2: checked before they count, removed when they are wrong or come too late.
 * Above ten bytes, so that a test need not send a hundred megabytes.
 */
import { env } from 'cloudflare:workers';
import { beforeEach, expect, test } from 'vitest';
import type { Manifest, OutputFile, OutputKind, OutputsAnswer } from '../../src/core/job/trainerApi.ts';
import { cancelJob } from '../../cloud/jobs/cancel.ts';
import { dropStrays } from '../../cloud/jobs/dropStrays.ts';
import { purgeDue } from '../../cloud/jobs/purge.ts';
import { sweep } from '../../cloud/jobs/sweep.ts';
import { modelKey } from '../../cloud/policy/objectKeys.ts';
import { servedModel } from '../../cloud/store/modelFiles.ts';
import { migrated } from '../../cloud/store/migrate.ts';
import { filesOf, modelIdOf } from '../../cloud/store/models.ts';
import { purgeOrdered } from '../../cloud/store/purgeOrders.ts';
import { isWellSigned } from './sigV4.ts';
import { type Scene, type Trainer, bytesOf, codeOf, fileOf, givenScene, metrics, plyBytes, sha256, submitAgain } from './trainerApp.ts';

const keys = { accessKeyId: 'an-access-key', secretAccessKey: 'a-secret-key' };
const bucketUrl = 'https://account.r2.cloudflarestorage.com/splat-app';
const bound = {
  ...{ R2_S3_URL: bucketUrl, R2_ACCESS_KEY_ID: keys.accessKeyId, R2_SECRET_ACCESS_KEY: keys.secretAccessKey },
  TUNING: JSON.stringify({ directPutBytes: 10 }),
};
const given = (): Promise<Scene> => givenScene({}, { env: bound });

/** Each test has its own clock; no round is under way or has just been. */
beforeEach(async () => {
  await migrated(env.DB);
  await env.DB.prepare("DELETE FROM settings WHERE key IN ('strays-after', 'swept-strays')").run();
});

type Place = OutputsAnswer['outputs'][number];
type Bytes = Uint8Array<ArrayBuffer>;

async function placeOf(trainer: Trainer, file: OutputFile): Promise<Place> {
  const answer = await trainer.call('POST', 'outputs', { outputs: [file] });
  if (answer.status !== 200) throw new Error(await answer.text());
  const { outputs } = await answer.json<OutputsAnswer>();
  expect(outputs[0]?.url.startsWith(`${bucketUrl}/`)).toBe(true);
  return outputs[0] ?? { kind: file.kind, url: '', headers: {} };
}

/** What R2's S3 API does with a PUT. It takes the bytes as they are unless it is to know their hash. @returns the status */
async function putDirectly({ cloud }: Scene, { url, headers }: Place, bytes: Bytes, knowsHash = false): Promise<number> {
  if (!isWellSigned({ method: 'PUT', url, headers }, keys, cloud.now())) return 403;
  const key = new URL(url).pathname.replace('/splat-app/', '');
  const options = { onlyIf: { etagDoesNotMatch: '*' }, httpMetadata: { contentType: headers['content-type'] ?? '' } };
  const put = await env.BUCKET.put(key, bytes, { ...options, ...(knowsHash && { sha256: sha256(bytes) }) });
  return put ? 200 : 412;
}

/** Announces a file and puts it. */
async function put(scene: Scene, kind: OutputKind, bytes: Bytes, knowsHash = false): Promise<OutputFile> {
  const file = fileOf(kind, bytes);
  expect(await putDirectly(scene, await placeOf(scene.trainer, file), bytes, knowsHash)).toBe(200);
  return file;
}

const complete = ({ trainer }: Scene, outputs: OutputFile[]): Promise<Response> => trainer.call('POST', 'complete', { outputs, metrics });

/** The words of a 422. */
async function refusalOf(answer: Response): Promise<string> {
  expect(answer.status).toBe(422);
  return (await answer.json<{ error: { message: string } }>()).error.message;
}

const modelOf = async ({ cloud, job }: Scene): Promise<string> => (await modelIdOf(cloud, job)) ?? '';

async function bytesAt(key: string): Promise<Bytes | null> {
  const object = await env.BUCKET.get(key);
  return object && new Uint8Array(await object.arrayBuffer());
}

async function statusOf(scene: Scene, kind: OutputKind): Promise<string | undefined> {
  return (await filesOf(scene.cloud, await modelOf(scene))).find((file) => file.kind === kind)?.status;
}

test('a file that R2 knows no hash of counts after its bytes were read, and is served', async () => {
  const scene = await given();
  const file = await put(scene, 'ply', plyBytes());
  expect(await statusOf(scene, 'ply')).toBe('waiting');
  expect((await complete(scene, [file])).status).toBe(200);
  const model = await servedModel(scene.cloud, await modelOf(scene));
  expect(model?.files).toMatchObject([{ kind: 'ply', bytes: file.bytes, sha256: file.sha256 }]);
  expect(await bytesAt(model?.files[0]?.key ?? '')).toEqual(plyBytes());
});

test('one whose hash R2 has made itself is not read again', async () => {
  const scene = await given();
  const file = await put(scene, 'ply', plyBytes(), true);
  const whole: unknown[] = [];
  const bucket = new Proxy(scene.cloud.env.BUCKET, {
    get(target, name: keyof R2Bucket) {
      if (name !== 'get') return target[name].bind(target);
      return (key: string, options?: R2GetOptions) => {
        if (!options?.range) whole.push(key);
        return target.get(key, options ?? {});
      };
    },
  });
  scene.cloud.env.BUCKET = bucket;
  expect((await complete(scene, [file])).status).toBe(200);
  expect(whole).toEqual([]);
});

test('other bytes of the same length are named and removed; put again by the same address they are right', async () => {
  for (const knowsHash of [false, true]) {
    const scene = await given();
    const [right, wrong] = [plyBytes('right'), plyBytes('wrOng')];
    const file = fileOf('ply', right);
    const place = await placeOf(scene.trainer, file);
    expect(await putDirectly(scene, place, wrong, knowsHash)).toBe(200);
    expect(await refusalOf(await complete(scene, [file]))).toBe('Not there as announced: ply (another hash).');
    const key = modelKey(await modelOf(scene), 'ply');
    expect(await bytesAt(key)).toBeNull();
    expect(await refusalOf(await complete(scene, [file]))).toBe('Not there as announced: ply (not there).');
    expect(await putDirectly(scene, place, right, knowsHash)).toBe(200);
    expect((await complete(scene, [file])).status).toBe(200);
    expect(await bytesAt(key)).toEqual(right);
  }
});

test('a file of another length, or not of its format, is named and removed', async () => {
  const scene = await given();
  const file = fileOf('ply', plyBytes());
  await putDirectly(scene, await placeOf(scene.trainer, file), plyBytes('longer than that'));
  expect(await refusalOf(await complete(scene, [file]))).toMatch(/^Not there as announced: ply \(\d+ bytes instead of \d+\)\.$/);
  expect(await bytesAt(modelKey(await modelOf(scene), 'ply'))).toBeNull();
  const page = await put(scene, 'sog', bytesOf('<!doctype html>'));
  expect(await refusalOf(await complete(scene, [page]))).toBe('Not there as announced: sog (not of this format).');
  expect(await bytesAt(modelKey(await modelOf(scene), 'sog'))).toBeNull();
  expect((await scene.now()).state).toBe('claimed');
});

test('announced again, what nobody has looked at makes way; what was found right stays', async () => {
  const scene = await given();
  const key = modelKey(await modelOf(scene), 'ply');
  const first = await put(scene, 'ply', plyBytes('first'));
  const second = await put(scene, 'ply', plyBytes('second'));
  expect(await refusalOf(await complete(scene, [first]))).toBe('Not there as announced: ply (announced otherwise).');
  expect(await bytesAt(key)).toEqual(plyBytes('second'));
  // One file is missing; the other was looked at with it.
  const spz = fileOf('spz', Uint8Array.of(0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 0, 0, 0));
  const missing = await placeOf(scene.trainer, spz);
  expect(await refusalOf(await complete(scene, [second, spz]))).toBe('Not there as announced: spz (not there).');
  expect(await statusOf(scene, 'ply')).toBe('stored');
  expect(await putDirectly(scene, await placeOf(scene.trainer, second), plyBytes('second'))).toBe(412);
  expect(await bytesAt(key)).toEqual(plyBytes('second'));
  await putDirectly(scene, missing, Uint8Array.of(0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 0, 0, 0));
  expect((await complete(scene, [second, spz])).status).toBe(200);
});

test('a large file takes the place of a small one of its kind', async () => {
  const scene = await given();
  const small = await scene.trainer.put('preview', bytesOf('small'));
  expect(await statusOf(scene, 'preview')).toBe('stored');
  await put(scene, 'preview', bytesOf('one that is large'));
  const key = modelKey(await modelOf(scene), 'preview');
  expect(await bytesAt(key)).toEqual(bytesOf('one that is large'));
  await scene.trainer.put('preview', bytesOf('small'));
  expect((await bytesAt(key))?.length).toBe(small.bytes);
});

test('after the completion the address that is still good writes over nothing', async () => {
  const scene = await given();
  const file = fileOf('ply', plyBytes());
  const place = await placeOf(scene.trainer, file);
  await putDirectly(scene, place, plyBytes());
  expect((await complete(scene, [file])).status).toBe(200);
  expect(await putDirectly(scene, place, plyBytes('a scenE'))).toBe(412);
  expect(await codeOf(await scene.trainer.call('POST', 'outputs', { outputs: [fileOf('ply', plyBytes('another'))] }))).toBe('409 stale');
  await sweep(scene.cloud);
  expect(await bytesAt(modelKey(await modelOf(scene), 'ply'))).toEqual(plyBytes());
});

test('the same completion several times at once completes once, and removes nothing', async () => {
  const scene = await given();
  const file = await put(scene, 'ply', plyBytes());
  const answers = await Promise.all([1, 2, 3, 4].map(() => complete(scene, [file])));
  expect(answers.map(({ status }) => status)).toEqual([200, 200, 200, 200]);
  expect(await bytesAt(modelKey(await modelOf(scene), 'ply'))).toEqual(plyBytes());
});

test('what was announced and is no part of the result goes when the job ends', async () => {
  const scene = await given();
  const ply = await put(scene, 'ply', plyBytes());
  await put(scene, 'sog', bytesOf('PK\u0003\u0004 and so on'));
  expect((await complete(scene, [ply])).status).toBe(200);
  const modelId = await modelOf(scene);
  expect((await filesOf(scene.cloud, modelId)).map(({ kind }) => kind)).toEqual(['ply']);
  expect(await bytesAt(modelKey(modelId, 'sog'))).toBeNull();
});

test('what was put for a job that never completes goes with it; what arrives after that goes with the next round', async () => {
  const [scene, other] = [await given(), await given()];
  const [kept, modelId] = [await put(other, 'ply', plyBytes('kept')), await modelOf(scene)];
  const late = await placeOf(scene.trainer, fileOf('spz', bytesOf('an .spz on its way')));
  await put(scene, 'ply', plyBytes());
  await cancelJob(scene.cloud, await scene.now());
  expect(await bytesAt(modelKey(modelId, 'ply'))).toBeNull();
  expect(await filesOf(scene.cloud, modelId)).toEqual([]);

  expect(await putDirectly(scene, late, bytesOf('an .spz on its way'))).toBe(200);
  await sweep(scene.cloud);
  expect(await bytesAt(modelKey(modelId, 'spz'))).toBeNull();
  expect(await bytesAt(modelKey(await modelOf(other), 'ply'))).toEqual(plyBytes('kept'));
  expect((await complete(other, [kept])).status).toBe(200);
});

test('what arrives when its project is deleted already goes with the next round', async () => {
  const scene = await given();
  const modelId = await modelOf(scene);
  const late = await placeOf(scene.trainer, fileOf('ply', plyBytes()));
  await purgeOrdered(scene.cloud, 'project', scene.projectId).run();
  await purgeDue(scene.cloud);
  expect(await modelIdOf(scene.cloud, scene.job)).toBeNull();
  expect(await putDirectly(scene, late, plyBytes())).toBe(200);
  await dropStrays(scene.cloud, 0);
  expect(await bytesAt(modelKey(modelId, 'ply'))).toBeNull();
});

test('a round goes through the bucket page by page and removes nothing that has a row', async () => {
  const scene = await given();
  const { cloud } = scene;
  await put(scene, 'ply', plyBytes());
  await put(scene, 'preview', bytesOf('a large preview'));
  const strays = Array.from({ length: 7 }, (_, index) => modelKey(`mdl_gone${index}`, index % 2 ? 'ply' : 'preview'));
  for (const key of strays) await env.BUCKET.put(key, 'bytes');
  const pages: (string | undefined)[] = [];
  const list = (options: R2ListOptions): Promise<R2Objects> => {
    pages.push(options.startAfter);
    return env.BUCKET.list({ ...options, limit: 3 });
  };
  const small = {
    ...cloud,
    env: { ...cloud.env, BUCKET: { list, delete: (all: string[]) => env.BUCKET.delete(all) } as unknown as R2Bucket },
  };
  const before = await env.BUCKET.list({ prefix: 'models/' });
  for (let page = 0; page < Math.ceil(before.objects.length / 3); page++) await dropStrays(small, 3_600_000);
  for (const key of strays) expect(await bytesAt(key)).toBeNull();
  const modelId = await modelOf(scene);
  expect(await bytesAt(modelKey(modelId, 'ply'))).toEqual(plyBytes());
  expect(await bytesAt(modelKey(modelId, 'preview'))).toEqual(bytesOf('a large preview'));
  // The round is over; the next one begins an hour later.
  const asked = pages.length;
  await dropStrays(small, 3_600_000);
  expect(pages.length).toBe(asked);
  cloud.nowMs += 3_600_000;
  await dropStrays(small, 3_600_000);
  expect(pages.slice(asked)).toEqual([undefined]);
});

test('the next attempt goes on from a checkpoint that was put directly, if it is whole', async () => {
  for (const [isWhole, words] of [
    [true, 'the state after 2000'],
    [false, 'the state after 2OOO'],
  ] as const) {
    // prettier-ignore
    const scene = await given();
    const file = fileOf('checkpoint', bytesOf('the state after 2000'));
    await putDirectly(scene, await placeOf(scene.trainer, file), bytesOf(words));
    await scene.trainer.call('POST', 'fail', { failure: { code: 'gpu-lost', detail: '' }, retryable: true, gpuSeconds: 1 });
    await submitAgain(scene.cloud, scene.job.id);
    const next = await scene.nextTrainer();
    await next.call('POST', 'claim', { externalId: '', holder: 'holder-2' });
    const { checkpoint } = await (await next.call('GET', 'manifest')).json<Manifest>();
    if (!isWhole) {
      expect(checkpoint).toBeNull();
      continue;
    }
    expect(checkpoint).toMatchObject({ bytes: file.bytes, sha256: file.sha256 });
    const sent = await scene.send(checkpoint?.url ?? '');
    expect(new Uint8Array(await sent.arrayBuffer())).toEqual(bytesOf(words));
  }
});
