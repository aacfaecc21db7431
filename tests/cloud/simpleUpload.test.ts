/** POST /api/upload: a form of photos, as curl sends it; and forms that are wrong. */
import { beforeEach, describe, expect, test } from 'vitest';
import { simpleUploadAnswer } from '../../src/core/job/cloudProjectsSchema.ts';
import { getUpload } from '../../cloud/store/uploads.ts';
import { type SamplePhoto, freshPhoto, joined, jpegFrame, jpegOf, photoOf, samples } from './samplePhotos.ts';
import { type UploadApp, codeOf, uploadApp } from './uploadApp.ts';

let app: UploadApp;
beforeEach(async () => {
  app = await uploadApp();
});

const file = (bytes: Uint8Array<ArrayBuffer>): File => new File([bytes], '../../etc/passwd', { type: 'application/octet-stream' });
function formOf(photos: SamplePhoto[], fields: Record<string, string> = {}): FormData {
  const form = new FormData();
  for (const [name, value] of Object.entries(fields)) form.append(name, value);
  for (const { bytes } of photos) form.append('photo', file(bytes));
  return form;
}
const post = (body: FormData | Uint8Array, headers: Record<string, string> = {}, ownerId: string | null = app.ownerId): Promise<Response> =>
  app.ask(ownerId, 'POST', '/api/upload', { body, headers });

/** Projects of the owner that are there, and objects of all that ever were. */
async function left(): Promise<{ projects: number; purges: number }> {
  const projects = await app.cloud.db.prepare("SELECT id FROM projects WHERE owner_id = ?1 AND status = 'active'").bind(app.ownerId).all();
  const purges = await app.cloud.db
    .prepare('SELECT id FROM purges WHERE target IN (SELECT id FROM projects WHERE owner_id = ?1)')
    .bind(app.ownerId)
    .all();
  return { projects: projects.results.length, purges: purges.results.length };
}

describe('taken', () => {
  test('name, preset and photos: an upload that is complete', async () => {
    const all = [freshPhoto(), photoOf(joined(samples.png, crypto.randomUUID())), freshPhoto(600_000)];
    const answer = await post(formOf(all, { name: ' A garden ', preset: 'preview' }));
    expect(answer.status).toBe(201);
    const { uploadId, projectId, photos, missing } = simpleUploadAnswer.parse(await answer.json());
    expect({ photos, missing }).toEqual({ photos: 3, missing: [] });
    expect(await getUpload(app.cloud, uploadId)).toMatchObject({ projectId, status: 'complete', ownerId: app.ownerId });
    const project = await app.cloud.db.prepare('SELECT name FROM projects WHERE id = ?1').bind(projectId).first();
    const preset = await app.cloud.db.prepare('SELECT preset FROM uploads WHERE id = ?1').bind(uploadId).first();
    expect({ ...project, ...preset }).toEqual({ name: 'A garden', preset: 'preview' });
    const { results } = await app.cloud.db
      .prepare('SELECT sha256, type, width_px AS w FROM photos WHERE project_id = ?1 ORDER BY position')
      .bind(projectId)
      .all();
    expect(results).toEqual(all.map(({ id }, index) => ({ sha256: id, type: index === 1 ? 'image/png' : 'image/jpeg', w: 12 })));
    for (const { id, bytes } of all) {
      const object = await app.cloud.env.BUCKET.get(`projects/${projectId}/photos/${id}`);
      expect(new Uint8Array((await object?.arrayBuffer()) ?? [])).toEqual(bytes);
    }
  });

  test('fields after the photos, none at all, and a photo sent twice', async () => {
    const photo = freshPhoto();
    const form = formOf([photo, photo]);
    form.append('name', 'After');
    const { projectId, photos } = simpleUploadAnswer.parse(await (await post(form)).json());
    expect(photos).toBe(1);
    expect(await app.cloud.db.prepare('SELECT name FROM projects WHERE id = ?1').bind(projectId).first('name')).toBe('After');
    const plain = simpleUploadAnswer.parse(await (await post(formOf([freshPhoto()]))).json());
    expect(await app.cloud.db.prepare('SELECT preset FROM uploads WHERE id = ?1').bind(plain.uploadId).first('preset')).toBe('full');
  });

  test('photos the owner has already take no room of their own', async () => {
    const photo = freshPhoto(30_000);
    app = await uploadApp({ bytesPerOwner: 50_000 });
    expect((await post(formOf([photo]))).status).toBe(201);
    expect((await post(formOf([photo]))).status).toBe(201);
    expect(await codeOf(await post(formOf([freshPhoto(30_000)])))).toBe('409 storage-full');
  });

  test('a stranger becomes an owner', async () => {
    const answer = await post(formOf([freshPhoto()]), {}, null);
    expect(answer.status).toBe(201);
    expect(answer.headers.get('set-cookie')).toBeTruthy();
  });
});

describe('refused, and nothing stays', () => {
  test('something that is no photo, or a bomb, after good ones', async () => {
    const html = photoOf(joined('<!doctype html><script>alert(1)</script>'));
    const answer = await post(formOf([freshPhoto(), html]));
    expect(answer.status).toBe(415);
    expect((await answer.json<{ error: { message: string } }>()).error.message).toMatch(/^Photo 2: /);
    expect(await codeOf(await post(formOf([freshPhoto(), photoOf(jpegOf(jpegFrame(60_000, 60_000)))])))).toBe('422 too-many-pixels');
    expect(await left()).toEqual({ projects: 0, purges: 2 });
  });

  test('a photo, a form or a number of photos that is too large', async () => {
    const large = photoOf(joined(samples.jpeg, new Uint8Array(32_000_000)));
    expect(await codeOf(await post(formOf([large])))).toBe('413 photo-too-large');
    expect(await codeOf(await post(formOf([freshPhoto()]), { 'content-length': '95000001' }))).toBe('413 too-large');
    app = await uploadApp({ photosPerUpload: 2 });
    expect(await codeOf(await post(formOf(Array.from({ length: 5 }, () => freshPhoto()))))).toBe('413 too-many-photos');
    expect((await left()).projects).toBe(0);
  });

  test('fields that are not known or not right', async () => {
    const photo = freshPhoto();
    for (const fields of [{ photos: 'x' }, { preset: 'best' }, { name: 'x'.repeat(201) }, { ownerId: 'own_x' }])
      expect(await codeOf(await post(formOf([photo], fields as Record<string, string>)))).toBe('400 bad-form');
    expect(await codeOf(await post(formOf([])))).toBe('400 bad-form');
    expect(await codeOf(await post(formOf([], { name: 'No photo' })))).toBe('400 bad-form');
    expect((await left()).projects).toBe(0);
  });

  test('a body that is no form, or one that is cut off', async () => {
    const type = { 'content-type': 'multipart/form-data; boundary=xx' };
    const start = joined('--xx\r\ncontent-disposition: form-data; name="photo"; filename="a"\r\n\r\n', samples.jpeg);
    for (const body of [joined('{}'), start, joined(start, '\r\n--xx\r\n')])
      expect(await codeOf(await post(body, type))).toBe('400 bad-form');
    expect(await codeOf(await post(joined('{}'), { 'content-type': 'application/json' }))).toBe('400 bad-form');
    expect(await codeOf(await post(start, { 'content-type': 'multipart/form-data' }))).toBe('400 bad-form');
    expect((await left()).projects).toBe(0);
    expect((await post(joined(start, '\r\n--xx--\r\n'), type)).status).toBe(201);
  });
});
