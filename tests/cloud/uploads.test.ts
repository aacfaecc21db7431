/** The upload session: announced, interrupted, gone on with, completed, removed; and everything it refuses. */
import { beforeEach, describe, expect, test } from 'vitest';
import type { UploadSession } from '../../src/core/job/cloudApi.ts';
import { uploadCompleted, uploadSession } from '../../src/core/job/cloudSchema.ts';
import { photoKey } from '../../cloud/policy/objectKeys.ts';
import { getJob } from '../../cloud/store/jobs.ts';
import { getUpload } from '../../cloud/store/uploads.ts';
import { givenJob, givenOwner } from './rows.ts';
import { type SamplePhoto, freshPhoto } from './samplePhotos.ts';
import { type UploadApp, codeOf, uploadApp, urlOf } from './uploadApp.ts';

const photos = (number: number): SamplePhoto[] => Array.from({ length: number }, () => freshPhoto());
const hourMs = 3_600_000;
let app: UploadApp;

beforeEach(async () => {
  app = await uploadApp();
});

async function sent(session: UploadSession, which: SamplePhoto[]): Promise<void> {
  for (const photo of which) expect((await app.put(urlOf(session, photo), photo.bytes)).status).toBe(200);
}

async function complete(uploadId: string, ownerId = app.ownerId): Promise<string[]> {
  const answer = await app.ask(ownerId, 'POST', `/api/uploads/${uploadId}/complete`, { body: {} });
  expect(answer.status).toBe(200);
  return uploadCompleted.parse(await answer.json()).missing;
}

const projectOf = async (uploadId: string): Promise<string> => (await getUpload(app.cloud, uploadId))?.projectId ?? '';

describe('from the announcement to the end', () => {
  test('begin, send, complete; what is in R2 is what was sent, under the names of the design', async () => {
    const all = photos(3);
    const answer = await app.begin(app.ownerId, all);
    expect(answer.status).toBe(201);
    const session = uploadSession.parse(await answer.json());
    expect(session.parts.map(({ photoId, have }) => [photoId, have])).toEqual(all.map(({ id }) => [id, false]));
    expect(session.expiresAt).toBe(app.cloud.nowMs + 24 * hourMs);
    await sent(session, all);
    expect(await complete(session.uploadId)).toEqual([]);
    const projectId = await projectOf(session.uploadId);
    for (const { id, bytes } of all) {
      const object = await app.cloud.env.BUCKET.get(`projects/${projectId}/photos/${id}`);
      expect(new Uint8Array((await object?.arrayBuffer()) ?? [])).toEqual(bytes);
      expect(object?.httpMetadata?.contentType).toBe('image/jpeg');
    }
    const { results } = await app.cloud.db
      .prepare('SELECT sha256, position, width_px, height_px, status FROM photos WHERE project_id = ?1 ORDER BY position')
      .bind(projectId)
      .all();
    expect(results).toEqual(all.map(({ id }, position) => ({ sha256: id, position, width_px: 12, height_px: 8, status: 'stored' })));
    expect((await getUpload(app.cloud, session.uploadId))?.status).toBe('complete');
  });

  test('a stranger becomes an owner with the first upload', async () => {
    const answer = await app.begin(null, photos(1));
    expect(answer.status).toBe(201);
    expect(answer.headers.get('set-cookie')).toBeTruthy();
    const { uploadId } = uploadSession.parse(await answer.json());
    expect((await getUpload(app.cloud, uploadId))?.ownerId).toMatch(/^own_/);
  });

  test('the same Idempotency-Key is the same session, another body under it is refused', async () => {
    const all = photos(2);
    const first = uploadSession.parse(await (await app.begin(app.ownerId, all, 'order-0001')).json());
    await sent(first, [all[0]]);
    app.cloud.nowMs += 16 * 60_000;
    const again = await app.begin(app.ownerId, all, 'order-0001');
    expect(again.status).toBe(201);
    const session = uploadSession.parse(await again.json());
    expect(session.uploadId).toBe(first.uploadId);
    expect(session.parts.map(({ have }) => have)).toEqual([true, false]);
    await sent(session, [all[1]]);
    expect((await app.begin(app.ownerId, photos(2), 'order-0001')).status).toBe(422);
    const projects = await app.cloud.db.prepare('SELECT count(*) AS n FROM projects WHERE owner_id = ?1').bind(app.ownerId).first('n');
    expect(projects).toBe(1);
  });

  test('a thousand photos are one statement, in their order', async () => {
    const many = Array.from({ length: 1000 }, (_, index) => {
      const id = index.toString(16).padStart(64, '0');
      return { id, bytes: new Uint8Array(), announced: { id, bytes: 1000 + index, type: 'image/jpeg' } };
    });
    const session = await app.session(app.ownerId, many);
    expect(session.parts.map(({ photoId }) => photoId)).toEqual(many.map(({ id }) => id));
    expect(await complete(session.uploadId)).toHaveLength(1000);
  });
});

describe('interrupted', () => {
  test('half the photos are there: the session says which, and completing names the others', async () => {
    const all = photos(6);
    const session = await app.session(app.ownerId, all);
    await sent(session, all.slice(0, 3));
    const missing = all.slice(3).map(({ id }) => id);
    expect(await complete(session.uploadId)).toEqual(missing);
    expect((await getUpload(app.cloud, session.uploadId))?.status).toBe('open');

    app.cloud.nowMs += 16 * 60_000;
    expect((await app.put(urlOf(session, all[3]), all[3].bytes)).status).toBe(403);
    const resumed = uploadSession.parse(await (await app.ask(app.ownerId, 'GET', `/api/uploads/${session.uploadId}`)).json());
    expect(resumed.parts.filter(({ have }) => !have).map(({ photoId }) => photoId)).toEqual(missing);
    await sent(resumed, all.slice(3));
    expect(await complete(session.uploadId)).toEqual([]);
    expect(await complete(session.uploadId)).toEqual([]);
  });

  test('objects that are gone or of another length wait again', async () => {
    const all = photos(3);
    const session = await app.session(app.ownerId, all);
    await sent(session, all);
    const projectId = await projectOf(session.uploadId);
    await app.cloud.env.BUCKET.delete(photoKey(projectId, all[0].id));
    await app.cloud.env.BUCKET.put(photoKey(projectId, all[2].id), 'cut');
    expect(await complete(session.uploadId)).toEqual([all[0].id, all[2].id]);
    await sent(session, [all[0], all[2]]);
    expect(await complete(session.uploadId)).toEqual([]);
  });

  test('it ends a day after the last photo, not a day after the announcement', async () => {
    const all = photos(2);
    const session = await app.session(app.ownerId, all);
    app.cloud.nowMs += 20 * hourMs;
    const later = uploadSession.parse(await (await app.ask(app.ownerId, 'GET', `/api/uploads/${session.uploadId}`)).json());
    await sent(later, [all[0]]);
    app.cloud.nowMs += 20 * hourMs;
    const still = uploadSession.parse(await (await app.ask(app.ownerId, 'GET', `/api/uploads/${session.uploadId}`)).json());
    app.cloud.nowMs += 4 * hourMs;
    expect(await codeOf(await app.ask(app.ownerId, 'GET', `/api/uploads/${session.uploadId}`))).toBe('410 upload-gone');
    expect(await codeOf(await app.ask(app.ownerId, 'POST', `/api/uploads/${session.uploadId}/complete`))).toBe('410 upload-gone');
    app.cloud.nowMs -= 4 * hourMs;
    await sent(still, [all[1]]);
    expect(await complete(session.uploadId)).toEqual([]);
    // What is complete does not run out.
    app.cloud.nowMs += 72 * hourMs;
    expect((await app.ask(app.ownerId, 'GET', `/api/uploads/${session.uploadId}`)).status).toBe(200);
  });
});

describe('photos that are there already', () => {
  test('of another project of the same owner: not sent again, and served from there', async () => {
    const [shared, other] = photos(2);
    const first = await app.session(app.ownerId, [shared]);
    await sent(first, [shared]);
    const second = await app.session(app.ownerId, [other, shared]);
    expect(second.parts.map(({ have }) => have)).toEqual([false, true]);
    await sent(second, [other]);
    expect(await complete(second.uploadId)).toEqual([]);
    const [one, two] = [await projectOf(first.uploadId), await projectOf(second.uploadId)];
    const row = await app.cloud.db
      .prepare('SELECT object_key, width_px, type FROM photos WHERE project_id = ?1 AND sha256 = ?2')
      .bind(two, shared.id)
      .first();
    expect(row).toEqual({ object_key: photoKey(one, shared.id), width_px: 12, type: 'image/jpeg' });
  });

  test('whose object is gone are asked for again, under a name of the new project', async () => {
    const [shared] = photos(1);
    const first = await app.session(app.ownerId, [shared]);
    await sent(first, [shared]);
    const second = await app.session(app.ownerId, [shared]);
    await app.cloud.env.BUCKET.delete(photoKey(await projectOf(first.uploadId), shared.id));
    expect(await complete(second.uploadId)).toEqual([shared.id]);
    await sent(second, [shared]);
    expect(await complete(second.uploadId)).toEqual([]);
    expect(await app.cloud.env.BUCKET.head(photoKey(await projectOf(second.uploadId), shared.id))).not.toBeNull();
  });

  test('of another owner, of a deleted project, announced only, or of another length: sent like any', async () => {
    const [theirs, deleted, waiting, lied] = photos(4);
    const stranger = await givenOwner(app.cloud);
    const other = await app.session(stranger, [theirs]);
    await sent(other, [theirs]);
    const gone = await app.session(app.ownerId, [deleted]);
    await sent(gone, [deleted]);
    expect((await app.ask(app.ownerId, 'DELETE', `/api/uploads/${gone.uploadId}`)).status).toBe(204);
    await app.session(app.ownerId, [waiting]);
    await sent(await app.session(app.ownerId, [lied]), [lied]);
    const liar = { ...lied, announced: { ...lied.announced, bytes: lied.announced.bytes + 1 } };
    const session = await app.session(app.ownerId, [theirs, deleted, waiting, liar]);
    expect(session.parts.map(({ have }) => have)).toEqual([false, false, false, false]);
  });
});

describe('refused', () => {
  const wrongs: Record<string, [(photo: SamplePhoto) => object, string]> = {
    'no photo': [() => ({ photos: [] }), '400 bad-request'],
    'a hash with a path in it': [(photo) => ({ photos: [{ ...photo.announced, id: `../../${photo.id.slice(6)}` }] }), '400 bad-request'],
    'a hash in capitals': [(photo) => ({ photos: [{ ...photo.announced, id: photo.id.toUpperCase() }] }), '400 bad-request'],
    'a photo of no length': [(photo) => ({ photos: [{ ...photo.announced, bytes: 0 }] }), '400 bad-request'],
    'a type that is no image': [(photo) => ({ photos: [{ ...photo.announced, type: 'text/html' }] }), '400 bad-request'],
    'a type that is not taken': [(photo) => ({ photos: [{ ...photo.announced, type: 'image/svg+xml' }] }), '415 unknown-type'],
    'the same photo twice': [(photo) => ({ photos: [photo.announced, photo.announced] }), '400 photo-twice'],
    'an unknown field': [() => ({ ownerId: 'own_x' }), '400 bad-request'],
    'a photo that is too large': [(photo) => ({ photos: [{ ...photo.announced, bytes: 95_000_001 }] }), '413 photo-too-large'],
  };
  for (const [name, [wrong, code]] of Object.entries(wrongs))
    test(name, async () => {
      const photo = freshPhoto();
      const body = { projectName: 'A', preset: 'full', photos: [photo.announced], ...wrong(photo) };
      expect(await codeOf(await app.ask(app.ownerId, 'POST', '/api/uploads', { body }))).toBe(code);
    });

  test('a body that is no JSON, and one that is too long', async () => {
    expect(await codeOf(await app.ask(app.ownerId, 'POST', '/api/uploads', { body: new Uint8Array([123]) }))).toBe('400 bad-json');
    expect(await codeOf(await app.ask(app.ownerId, 'POST', '/api/uploads', { body: new Uint8Array(600_000) }))).toBe('413 too-large');
  });

  test('more photos than an upload may have', async () => {
    app = await uploadApp({ photosPerUpload: 2 });
    expect(await codeOf(await app.begin(app.ownerId, photos(3)))).toBe('413 too-many-photos');
  });

  test('more than an owner may have: counted with what is stored and what is under way, each photo once', async () => {
    const [stored, waiting, more] = [freshPhoto(20_000), freshPhoto(20_000), freshPhoto(20_000)];
    app = await uploadApp({ bytesPerOwner: 50_000 });
    await sent(await app.session(app.ownerId, [stored]), [stored]);
    await app.session(app.ownerId, [stored, waiting]);
    expect(await codeOf(await app.begin(app.ownerId, [more]))).toBe('409 storage-full');
    expect(await codeOf(await app.begin(app.ownerId, [stored, waiting, more]))).toBe('413 upload-too-large');
    // What there is already takes no room.
    expect((await app.begin(app.ownerId, [stored])).status).toBe(201);
    // What was announced and never came frees its room when the upload has expired.
    app.cloud.nowMs += 25 * hourMs;
    expect((await app.begin(app.ownerId, [more])).status).toBe(201);
    const stranger = await givenOwner(app.cloud);
    expect((await app.begin(stranger, [more])).status).toBe(201);
  });

  test('more projects than an owner may have; of two at once for the last place one gets it', async () => {
    app = await uploadApp({ projectsPerOwner: 2 });
    await app.session(app.ownerId, photos(1));
    const both = await Promise.all([app.begin(app.ownerId, photos(1)), app.begin(app.ownerId, photos(1))]);
    expect(both.map(({ status }) => status).sort()).toEqual([201, 409]);
    const refused = both.find(({ status }) => status === 409);
    expect(refused && (await codeOf(refused))).toBe('409 too-many-projects');
    const { results } = await app.cloud.db.prepare('SELECT id FROM uploads WHERE owner_id = ?1').bind(app.ownerId).all();
    expect(results).toHaveLength(2);
  });
});

describe('whose it is', () => {
  test("another owner's upload is not there, a stranger is told so, and nothing has changed", async () => {
    const [photo] = photos(1);
    const session = await app.session(app.ownerId, [photo]);
    await sent(session, [photo]);
    const other = await givenOwner(app.cloud);
    const path = `/api/uploads/${session.uploadId}`;
    for (const [method, at] of [
      ['GET', path],
      ['POST', `${path}/complete`],
      ['DELETE', path],
    ]) {
      expect(await codeOf(await app.ask(other, method, at))).toBe('404 not-found');
      expect(await codeOf(await app.ask(null, method, at))).toBe('401 no-owner');
      expect(await codeOf(await app.ask(app.ownerId, method, at.replace('upl_', 'upl_x')))).toBe('404 not-found');
    }
    expect(await complete(session.uploadId)).toEqual([]);
  });
});

describe('removed', () => {
  test('with its project and its jobs; asked again it is gone, and a photo on its way finds nothing', async () => {
    const [there, late] = photos(2);
    const session = await app.session(app.ownerId, [there, late]);
    await sent(session, [there]);
    const projectId = await projectOf(session.uploadId);
    const job = await givenJob(app.cloud, { ownerId: app.ownerId, projectId, uploadId: session.uploadId });
    const path = `/api/uploads/${session.uploadId}`;
    expect((await app.ask(app.ownerId, 'DELETE', path)).status).toBe(204);
    expect((await getJob(app.cloud.db, job.id))?.state).toBe('cancelled');
    expect(await codeOf(await app.ask(app.ownerId, 'GET', path))).toBe('410 upload-gone');
    expect(await codeOf(await app.put(urlOf(session, late), late.bytes))).toBe('410 upload-gone');
    expect(await codeOf(await app.put(urlOf(session, there), there.bytes))).toBe('410 upload-gone');
    expect((await app.ask(app.ownerId, 'DELETE', path)).status).toBe(204);
    const purge = await app.cloud.db.prepare("SELECT target FROM purges WHERE kind = 'project' AND target = ?1").bind(projectId).all();
    expect(purge.results).toEqual([{ target: projectId }]);
    const tombstone = await app.cloud.db.prepare('SELECT status FROM projects WHERE id = ?1').bind(projectId).first('status');
    expect(tombstone).toBe('deleted');
  });
});
