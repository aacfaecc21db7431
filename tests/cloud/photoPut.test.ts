/** PUT of one photo: what is stored and what is not, under honest and dishonest requests. */
import { beforeEach, describe, expect, test } from 'vitest';
import type { UploadSession } from '../../src/core/job/cloudApi.ts';
import { photoKey } from '../../cloud/policy/objectKeys.ts';
import { photoPutUrls } from '../../cloud/policy/signedUrl.ts';
import { getUpload } from '../../cloud/store/uploads.ts';
import {
  type SamplePhoto,
  freshPhoto,
  heifOf,
  ispe,
  joined,
  jpegFrame,
  jpegOf,
  longPhoto,
  photoOf,
  pngOf,
  samples,
} from './samplePhotos.ts';
import { type UploadApp, codeOf, uploadApp, urlOf } from './uploadApp.ts';

let app: UploadApp;
beforeEach(async () => {
  app = await uploadApp();
});

/** How a photo stands after all that was done to it. */
async function found(session: UploadSession, { id }: Pick<SamplePhoto, 'id'>): Promise<{ row: unknown; bytes: number | null }> {
  const projectId = (await getUpload(app.cloud, session.uploadId))?.projectId ?? '';
  const row = await app.cloud.db
    .prepare('SELECT status FROM photos WHERE project_id = ?1 AND sha256 = ?2')
    .bind(projectId, id)
    .first('status');
  return { row, bytes: (await app.cloud.env.BUCKET.head(photoKey(projectId, id)))?.size ?? null };
}
const nothing = { row: 'waiting', bytes: null };
const streamOf = (...parts: Uint8Array[]): ReadableStream<Uint8Array> => new Blob(parts).stream();

describe('taken', () => {
  test('every format, with the type and the size that its bytes have, whatever was announced', async () => {
    const unique = (bytes: Uint8Array): SamplePhoto => photoOf(joined(bytes, crypto.randomUUID()), 'image/jpeg');
    const all = [samples.jpeg, samples.png, samples.webp, samples.avif, heifOf('heic', ispe(4032, 3024))].map(unique);
    const session = await app.session(app.ownerId, all);
    for (const photo of all) expect((await app.put(urlOf(session, photo), photo.bytes)).status).toBe(200);
    const { results } = await app.cloud.db
      .prepare('SELECT type, width_px AS w, height_px AS h FROM photos WHERE owner_id = ?1 ORDER BY position')
      .bind(app.ownerId)
      .all();
    expect(results).toEqual([
      { type: 'image/jpeg', w: 12, h: 8 },
      { type: 'image/png', w: 12, h: 8 },
      { type: 'image/webp', w: 12, h: 8 },
      { type: 'image/avif', w: 12, h: 8 },
      { type: 'image/heic', w: 4032, h: 3024 },
    ]);
  });

  test('90 MB as a stream', async () => {
    const bytes = 90_000_000;
    const long = longPhoto(bytes);
    const photo = { id: long.id, bytes: new Uint8Array(), announced: { id: long.id, bytes, type: 'image/jpeg' } };
    const session = await app.session(app.ownerId, [photo]);
    const answer = await app.put(urlOf(session, photo), long.stream(), { 'content-length': String(bytes) });
    expect(answer.status).toBe(200);
    expect(await found(session, photo)).toEqual({ row: 'stored', bytes });
  });

  test('one that arrives byte by byte at first, and one that ends within its header', async () => {
    const photo = freshPhoto(700_000);
    const session = await app.session(app.ownerId, [photo]);
    const crumbs = Array.from({ length: 100 }, (_, index) => photo.bytes.subarray(index, index + 1));
    const queue = [...crumbs, photo.bytes.subarray(100, 400), photo.bytes.subarray(400, 690_000), photo.bytes.subarray(690_000)];
    const stream = new ReadableStream<Uint8Array>({
      pull(controller) {
        const next = queue.shift();
        if (next) controller.enqueue(next);
        else controller.close();
      },
    });
    expect((await app.put(urlOf(session, photo), stream, { 'content-length': String(photo.bytes.byteLength) })).status).toBe(200);
    expect(await found(session, photo)).toEqual({ row: 'stored', bytes: photo.bytes.byteLength });
  });

  test('again: at once, without a byte being looked at', async () => {
    const photo = freshPhoto();
    const session = await app.session(app.ownerId, [photo]);
    await app.put(urlOf(session, photo), photo.bytes);
    let asked = 0;
    const stream = new ReadableStream<Uint8Array>(
      { pull: (controller) => (asked++, controller.enqueue(new Uint8Array(10))) },
      { highWaterMark: 0 },
    );
    expect((await app.put(urlOf(session, photo), stream)).status).toBe(200);
    expect(asked).toBe(0);
    expect(await found(session, photo)).toEqual({ row: 'stored', bytes: photo.bytes.byteLength });
  });

  test('twice at the same moment: once', async () => {
    const photo = freshPhoto(600_000);
    const session = await app.session(app.ownerId, [photo]);
    const both = await Promise.all([1, 2].map(() => app.put(urlOf(session, photo), photo.bytes)));
    expect(both.map(({ status }) => status)).toEqual([200, 200]);
    expect(await found(session, photo)).toEqual({ row: 'stored', bytes: photo.bytes.byteLength });
  });
});

describe('addresses', () => {
  test('of another photo, another upload, changed, forged or run out', async () => {
    const [photo, other] = [freshPhoto(), freshPhoto()];
    const session = await app.session(app.ownerId, [photo, other]);
    const second = await app.session(app.ownerId, [photo]);
    const [mine, theirs] = [urlOf(session, photo), urlOf(session, other)];
    const query = (url: string): string => url.slice(url.indexOf('?'));
    const later = mine.replace(/exp=\d+/, `exp=${app.cloud.nowMs + 99 * 60_000}`);
    const wrong = [
      mine.split('?')[0] + query(theirs),
      urlOf(second, photo).split('?')[0] + query(mine),
      mine.split('?')[0],
      later,
      mine.replace(/sig=.*/, `sig=${'0'.repeat(64)}`),
      mine.replace(/exp=\d+/, 'exp=99999999999999999999'),
      mine.replace(/exp=\d+/, 'exp=1e300'),
      `${mine.split('?')[0]}?exp=1000000000000&sig=${'0'.repeat(64)}`,
    ];
    for (const url of wrong) expect(await codeOf(await app.put(url, photo.bytes))).toBe('403 bad-address');
    app.cloud.nowMs += 15 * 60_000;
    expect(await codeOf(await app.put(mine, photo.bytes))).toBe('403 bad-address');
    expect(await found(session, photo)).toEqual(nothing);
  });

  test('rightly signed but in the past', async () => {
    const photo = freshPhoto();
    const session = await app.session(app.ownerId, [photo]);
    const ticket = { uploadId: session.uploadId, photoId: photo.id, bytes: photo.bytes.byteLength, expiresAt: app.cloud.nowMs };
    expect(await codeOf(await app.put(await (await photoPutUrls(app.cloud.env))(ticket), photo.bytes))).toBe('403 bad-address');
  });

  test('with a path where a name should be', async () => {
    const photo = freshPhoto();
    const session = await app.session(app.ownerId, [photo]);
    const [, query] = urlOf(session, photo).split('?');
    const paths = ['..%2F..%2Fmodels%2Fx', '%2e%2e%2f%2e%2e', `${photo.id}%00`, 'a'.repeat(64), `..%5C${photo.id}`, "x' OR 1=1 --"];
    for (const name of paths)
      expect(await codeOf(await app.put(`/api/u/${session.uploadId}/${name}?${query}`, photo.bytes))).toBe('404 not-found');
    expect(await codeOf(await app.put(`/api/u/..%2Fx/${photo.id}?${query}`, photo.bytes))).toBe('404 not-found');
    expect((await app.cloud.env.BUCKET.list({ prefix: 'models/' })).objects).toEqual([]);
  });

  test('good for the PUT alone', async () => {
    const photo = freshPhoto();
    const session = await app.session(app.ownerId, [photo]);
    await app.put(urlOf(session, photo), photo.bytes);
    for (const method of ['GET', 'HEAD', 'POST', 'DELETE'])
      expect((await app.ask(app.ownerId, method, urlOf(session, photo))).status).toBe(404);
  });
});

describe('bodies that are not what was announced', () => {
  test('without a length, and with another one: refused before a byte is read', async () => {
    const photo = freshPhoto();
    const session = await app.session(app.ownerId, [photo]);
    expect(await codeOf(await app.put(urlOf(session, photo), streamOf(photo.bytes)))).toBe('411 length-required');
    for (const length of [photo.bytes.byteLength - 1, photo.bytes.byteLength + 1, 0, 99_999_999_999])
      expect(await codeOf(await app.put(urlOf(session, photo), streamOf(photo.bytes), { 'content-length': String(length) }))).toBe(
        '400 wrong-length',
      );
    expect(await found(session, photo)).toEqual(nothing);
  });

  test('no body at all', async () => {
    const photo = freshPhoto();
    const session = await app.session(app.ownerId, [photo]);
    const answer = await app.ask(null, 'PUT', urlOf(session, photo), { headers: { 'content-length': String(photo.bytes.byteLength) } });
    expect(await codeOf(answer)).toBe('400 wrong-length');
  });

  for (const padding of [0, 900_000])
    test(`cut off or too long behind an honest-looking length, ${padding === 0 ? 'within' : 'after'} the header`, async () => {
      const photo = freshPhoto(padding);
      const session = await app.session(app.ownerId, [photo]);
      const length = { 'content-length': String(photo.bytes.byteLength) };
      const [short, long] = [photo.bytes.subarray(0, -10), joined(photo.bytes, [1])];
      expect(await codeOf(await app.put(urlOf(session, photo), streamOf(short), length))).toBe('400 wrong-length');
      expect(await found(session, photo)).toEqual(nothing);
      expect(await codeOf(await app.put(urlOf(session, photo), streamOf(long), length))).toBe('400 wrong-length');
      expect(await found(session, photo)).toEqual(nothing);
      expect((await app.put(urlOf(session, photo), photo.bytes)).status).toBe(200);
    });

  test('endless: it stops where the photo should', async () => {
    const photo = freshPhoto(600_000);
    const session = await app.session(app.ownerId, [photo]);
    let given = 0;
    const stream = new ReadableStream<Uint8Array>({
      pull(controller) {
        controller.enqueue(given === 0 ? samples.jpeg : new Uint8Array(65_536));
        given += 65_536;
      },
    });
    const length = { 'content-length': String(photo.bytes.byteLength) };
    expect(await codeOf(await app.put(urlOf(session, photo), stream, length))).toBe('400 wrong-length');
    expect(given).toBeLessThan(2_000_000);
    expect(await found(session, photo)).toEqual(nothing);
  });

  test('broken off by the connection', async () => {
    const photo = freshPhoto(900_000);
    const session = await app.session(app.ownerId, [photo]);
    let turn = 0;
    const stream = new ReadableStream<Uint8Array>({
      pull(controller) {
        if (turn++ === 0) controller.enqueue(photo.bytes.subarray(0, 700_000));
        else controller.error(new Error('The line is dead.'));
      },
    });
    await expect(app.put(urlOf(session, photo), stream, { 'content-length': String(photo.bytes.byteLength) })).rejects.toThrow();
    expect(await found(session, photo)).toEqual(nothing);
  });

  test('of the right length with a wrong byte', async () => {
    for (const padding of [0, 900_000]) {
      const photo = freshPhoto(padding);
      const session = await app.session(app.ownerId, [photo]);
      const changed = photo.bytes.slice();
      changed[changed.length - 1] ^= 1;
      expect(await codeOf(await app.put(urlOf(session, photo), changed))).toBe('422 wrong-hash');
      expect(await found(session, photo)).toEqual(nothing);
    }
  });

  test('no photo, a damaged one, or a bomb, each rightly announced', async () => {
    const wrongs: [Uint8Array<ArrayBuffer>, string][] = [
      [joined('<!doctype html><script>alert(1)</script>', new Uint8Array(2000)), '415 not-a-photo'],
      [joined('GIF89a', new Uint8Array(2000)), '415 not-a-photo'],
      [joined([0xff]), '415 not-a-photo'],
      [samples.jpeg.slice(0, 100), '422 broken'],
      [jpegOf(jpegFrame(60_000, 60_000)), '422 too-many-pixels'],
      [pngOf(60_000, 60_000), '422 too-many-pixels'],
      [heifOf('avif', ispe(60_000, 60_000)), '422 too-many-pixels'],
    ];
    const all = wrongs.map(([bytes]) => photoOf(bytes));
    const session = await app.session(app.ownerId, all);
    for (const [index, [, code]] of wrongs.entries()) {
      expect(await codeOf(await app.put(urlOf(session, all[index]), all[index].bytes))).toBe(code);
      expect(await found(session, all[index])).toEqual(nothing);
    }
  });

  test('what is no photo is refused with its first bytes, however long it is', async () => {
    const bytes = 50_000_000;
    const photo = { id: 'f'.repeat(64), bytes: new Uint8Array(), announced: { id: 'f'.repeat(64), bytes, type: 'image/jpeg' } };
    const session = await app.session(app.ownerId, [photo]);
    let given = 0;
    let isCancelled = false;
    const stream = new ReadableStream<Uint8Array>({
      pull(controller) {
        controller.enqueue(new Uint8Array(1000).fill(60));
        given += 1000;
      },
      cancel() {
        isCancelled = true;
      },
    });
    expect(await codeOf(await app.put(urlOf(session, photo), stream, { 'content-length': String(bytes) }))).toBe('415 not-a-photo');
    expect(given).toBeLessThan(10_000);
    expect(isCancelled).toBe(true);
  });
});

test('removed while it is on its way: nothing stays', async () => {
  const photo = freshPhoto(600_000);
  const session = await app.session(app.ownerId, [photo]);
  const projectId = (await getUpload(app.cloud, session.uploadId))?.projectId ?? '';
  let turn = 0;
  const source = {
    async pull(controller: ReadableStreamDefaultController<Uint8Array>) {
      if (turn++ > 0) return controller.close();
      // As the purge leaves it.
      await app.cloud.db.batch([
        app.cloud.db.prepare('DELETE FROM photos WHERE project_id = ?1').bind(projectId),
        app.cloud.db.prepare("UPDATE projects SET status = 'deleted' WHERE id = ?1").bind(projectId),
      ]);
      controller.enqueue(photo.bytes);
    },
  };
  const stream = new ReadableStream<Uint8Array>(source, { highWaterMark: 0 });
  const length = { 'content-length': String(photo.bytes.byteLength) };
  expect(await codeOf(await app.put(urlOf(session, photo), stream, length))).toBe('410 upload-gone');
  expect((await app.cloud.env.BUCKET.list({ prefix: `projects/${projectId}/` })).objects).toEqual([]);
});

test('what came of each is counted', async () => {
  const [good, bad] = [freshPhoto(), photoOf(joined('no photo at all ', crypto.randomUUID()))];
  const session = await app.session(app.ownerId, [good, bad]);
  const before = await app.cloud.db
    .prepare("SELECT label, count FROM counters WHERE name = 'upload'")
    .all<{ label: string; count: number }>();
  const was = new Map(before.results.map(({ label, count }) => [label, count]));
  await app.put(urlOf(session, good), good.bytes);
  await app.put(urlOf(session, bad), bad.bytes);
  const after = await app.cloud.db
    .prepare("SELECT label, count FROM counters WHERE name = 'upload'")
    .all<{ label: string; count: number }>();
  const rise = Object.fromEntries(after.results.map(({ label, count }) => [label, count - (was.get(label) ?? 0)]));
  expect(rise).toMatchObject({ stored: 1, 'not-a-photo': 1 });
});
