/** The upload and project routes as cloud/app.ts mounts them, on a Cloud whose time the test holds; who asks is said by the test. */
import type { Hono } from 'hono';
import type { UploadSession } from '../../src/core/job/cloudApi.ts';
import type { AppEnv } from '../../cloud/http/appEnv.ts';
import { estimateRoutes } from '../../cloud/routes/estimate.ts';
import { photoPutRoutes } from '../../cloud/routes/photoPut.ts';
import { projectRoutes } from '../../cloud/routes/projects.ts';
import { simpleUploadRoutes } from '../../cloud/routes/simpleUpload.ts';
import { uploadRoutes } from '../../cloud/routes/uploads.ts';
import { appOver } from './appOver.ts';
import { givenOwner } from './rows.ts';
import type { SamplePhoto } from './samplePhotos.ts';
import { type TestCloud, testCloud } from './testCloud.ts';

export interface UploadApp {
  cloud: TestCloud;
  /** An owner there was before. */
  ownerId: string;
  ask(ownerId: string | null, method: string, path: string, init?: Asked): Promise<Response>;
  /** POST /api/uploads. */
  begin(ownerId: string | null, photos: SamplePhoto[], key?: string): Promise<Response>;
  session(ownerId: string, photos: SamplePhoto[]): Promise<UploadSession>;
  /** PUT as a browser does it, which says the length by itself. */
  put(url: string, bytes: Uint8Array<ArrayBuffer> | ReadableStream<Uint8Array>, headers?: Record<string, string>): Promise<Response>;
}

interface Asked {
  body?: unknown;
  headers?: Record<string, string>;
}

function mounted(cloud: TestCloud): Hono<AppEnv> {
  const app = appOver(cloud);
  app.route('/api/uploads', uploadRoutes);
  app.route('/api/u', photoPutRoutes);
  app.route('/api/upload', simpleUploadRoutes);
  app.route('/api/estimate', estimateRoutes);
  app.route('/api/projects', projectRoutes);
  return app;
}

export async function uploadApp(tuning: Record<string, number> = {}, env: Partial<TestCloud['env']> = {}): Promise<UploadApp> {
  const cloud = await testCloud({ env: { TUNING: JSON.stringify(tuning), ...env } });
  const app = mounted(cloud);
  const send = async (path: string, init: RequestInit): Promise<Response> => {
    const answer = await app.request(`https://splat.test${path}`, init, cloud.env);
    await cloud.settled();
    return answer;
  };
  const self: UploadApp = {
    cloud,
    ownerId: await givenOwner(cloud),
    ask(ownerId, method, path, { body, headers = {} } = {}) {
      const isRaw = body === undefined || body instanceof FormData || body instanceof Uint8Array || body instanceof ReadableStream;
      const given = isRaw ? (body as BodyInit | undefined) : JSON.stringify(body);
      const all = { ...(ownerId !== null && { 'x-test-owner': ownerId }), ...headers };
      return send(path, { method, headers: all, ...(given !== undefined && { body: given }) });
    },
    begin: (ownerId, photos, key = crypto.randomUUID()) =>
      self.ask(ownerId, 'POST', '/api/uploads', {
        body: { projectName: 'A garden', preset: 'preview', photos: photos.map(({ announced }) => announced) },
        headers: { 'idempotency-key': key },
      }),
    async session(ownerId, photos) {
      const answer = await self.begin(ownerId, photos);
      if (answer.status !== 201) throw new Error(await answer.text());
      return answer.json();
    },
    put(url, bytes, headers = {}) {
      const length: Record<string, string> = bytes instanceof Uint8Array ? { 'content-length': String(bytes.byteLength) } : {};
      return send(url, { method: 'PUT', body: bytes, headers: { ...length, ...headers } });
    },
  };
  return self;
}

/** Where a photo of a session is to be sent. */
export function urlOf(session: UploadSession, { id }: Pick<SamplePhoto, 'id'>): string {
  const part = session.parts.find(({ photoId }) => photoId === id);
  if (!part) throw new Error('The session does not have this photo.');
  return part.url;
}

export async function codeOf(answer: Response): Promise<string> {
  return `${answer.status} ${(await answer.json<{ error: { code: string } }>()).error.code}`;
}
