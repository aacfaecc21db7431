/**
 * /s/:token: what a visitor sees of a shared scene: its page, the frame for other sites, the files the viewer loads, downloads.
 * Invariant: without the right token, and the password where one is set, not even the title is told.
 */
import { type Context, Hono } from 'hono';
import { getCookie, setCookie } from 'hono/cookie';
import { viewedFormats } from '../../src/core/job/cloudShares.ts';
import type { AppEnv } from '../http/appEnv.ts';
import { tooMany } from '../http/rateLimit.ts';
import { readBody } from '../http/readJson.ts';
import { Refusal, notFound } from '../http/refusal.ts';
import { sendFile } from '../http/serveFile.ts';
import { sign, verify } from '../policy/keys.ts';
import { mediaTypeOf } from '../policy/mediaTypes.ts';
import { pageLocaleOf } from '../policy/pageWords.ts';
import { verifyPassword } from '../policy/password.ts';
import { randomToken } from '../policy/tokens.ts';
import { count } from '../store/counters.ts';
import { type ServedModel, newestModel } from '../store/modelFiles.ts';
import { type OpenShare, openShare } from '../store/shares.ts';
import { fileOf, formatAsked } from './model.ts';
import { gonePage, passwordPage, scenePage } from './sharePageHtml.ts';

type Visit = Context<AppEnv>;

const unlockedSeconds = 12 * 3600;
const cookieName = (share: OpenShare): string => `unlocked-${share.id}`;

/** Signed with the password's hash in it, so that a new password locks everybody out. */
const unlockText = (share: OpenShare, until: number): string => `${share.id}.${until}.${share.passwordHash}`;

async function isUnlocked(c: Visit, share: OpenShare): Promise<boolean> {
  if (share.passwordHash === null) return true;
  const [until, signature] = (getCookie(c, cookieName(share)) ?? '').split('.');
  if (!/^\d{1,16}$/.test(until) || Number(until) < c.var.cloud.now()) return false;
  return verify(c.env, 'share-unlock', unlockText(share, Number(until)), signature ?? '');
}

/** @throws Refusal 404 or 401 */
async function opened(c: Visit): Promise<{ share: OpenShare; model: ServedModel }> {
  const { cloud } = c.var;
  const share = await openShare(cloud, c.req.param('token') ?? '');
  const model = share && (await newestModel(cloud, share.projectId));
  if (!share || !model) throw notFound('share');
  if (!(await isUnlocked(c, share))) throw new Refusal(401, 'locked', 'This scene asks for a password.');
  return { share, model };
}

/** What every page of a share is sent with: it may load the viewer's frame and nothing else. */
function pageHeaders(c: Visit, nonce: string): void {
  const policy = `default-src 'none'; style-src 'nonce-${nonce}'; img-src 'self'; frame-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'`;
  c.header('content-security-policy', policy);
  c.header('referrer-policy', 'no-referrer');
  c.header('x-robots-tag', 'noindex');
  c.header('cache-control', 'private, no-store');
}

const base = (c: Visit): string => `${new URL(c.req.url).origin}/s/${c.req.param('token')}`;

/** The viewer's own page with this scene in it. */
function frameUrl(c: Visit, share: OpenShare, model: ServedModel): string {
  const query = new URLSearchParams({ src: `${base(c)}/model.${fileOf(model, null).kind}`, alt: share.title });
  return `${new URL(c.req.url).origin}/viewer/embed.html?${query.toString()}`;
}

function showScene(c: Visit, share: OpenShare, model: ServedModel, nonce: string) {
  const formats = share.role === 'download' ? viewedFormats : [];
  return scenePage({
    locale: pageLocaleOf(c.req.header('accept-language')),
    nonce,
    title: share.title,
    url: base(c),
    frameUrl: frameUrl(c, share, model),
    oembedUrl: `${new URL(c.req.url).origin}/api/oembed?${new URLSearchParams({ url: base(c) }).toString()}`,
    pictureUrl: model.files.some(({ kind }) => kind === 'thumbnail') ? `${base(c)}/picture` : null,
    downloads: formats.flatMap((format) => {
      const file = model.files.find(({ kind }) => kind === format);
      return file ? [{ format, url: `${base(c)}/download/${format}`, bytes: file.bytes }] : [];
    }),
  });
}

async function visit(c: Visit, problem: 'passwordWrong' | 'passwordTooMany' | null = null): Promise<Response> {
  const { cloud } = c.var;
  const nonce = randomToken(16);
  pageHeaders(c, nonce);
  const locale = pageLocaleOf(c.req.header('accept-language'));
  const share = await openShare(cloud, c.req.param('token') ?? '');
  const model = share && (await newestModel(cloud, share.projectId));
  if (!share || !model) return c.html(gonePage(locale, nonce), 404);
  if (!(await isUnlocked(c, share))) return c.html(passwordPage(locale, nonce, problem), problem === 'passwordTooMany' ? 429 : 401);
  count(cloud, 'share_view');
  return c.html(showScene(c, share, model, nonce));
}

/** The password, sent by the page's own form. */
async function unlock(c: Visit): Promise<Response> {
  const { cloud } = c.var;
  const share = await openShare(cloud, c.req.param('token') ?? '');
  if (!share?.passwordHash) return visit(c);
  if (await tooMany(cloud, `share ${share.id}`, 20, 600)) return visit(c, 'passwordTooMany');
  const form = new URLSearchParams(new TextDecoder().decode(await readBody(c.req.raw, 4096)));
  if (!(await verifyPassword(form.get('password') ?? '', share.passwordHash))) return visit(c, 'passwordWrong');
  const until = cloud.now() + unlockedSeconds * 1000;
  const path = `/s/${c.req.param('token')}`;
  const secure = new URL(c.req.url).protocol === 'https:';
  const value = `${until}.${await sign(c.env, 'share-unlock', unlockText(share, until))}`;
  setCookie(c, cookieName(share), value, { path, httpOnly: true, sameSite: 'Lax', secure, maxAge: unlockedSeconds });
  return c.redirect(path, 303);
}

/** Frames of other sites have no origin, so what they load is open to all who know the address; it holds the token. */
function openToAll(c: Visit): void {
  c.header('access-control-allow-origin', '*');
  c.header('cross-origin-resource-policy', 'cross-origin');
  c.header('referrer-policy', 'no-referrer');
  c.header('x-robots-tag', 'noindex');
}

/** A name that says what it is to whoever finds it among their downloads. */
const fileName = (share: OpenShare, ending: string): string =>
  `${share.title.replace(/[\\/:*?"<>|\p{Cc}]/gu, ' ').trim() || 'scene'}.${ending}`;

async function send(c: Visit, format: string, asDownload: boolean): Promise<Response> {
  const { share, model } = await opened(c);
  if (asDownload && share.role !== 'download') throw new Refusal(403, 'view-only', 'This link lets people look, not download.');
  const file = fileOf(model, formatAsked(format));
  // The viewer needs one file; the others are for those who may download.
  if (share.role === 'view' && file.kind !== fileOf(model, null).kind)
    throw new Refusal(403, 'view-only', 'This link lets people look, not download.');
  openToAll(c);
  const sent = { ...file, type: mediaTypeOf(file.kind), name: fileName(share, file.kind) };
  return sendFile(c, sent, { asDownload, cacheControl: 'private, max-age=60' });
}

export const sharePageRoutes = new Hono<AppEnv>()
  .get('/:token', (c) => visit(c))
  .post('/:token', (c) => unlock(c))
  .get('/:token/embed', async (c) => {
    const { share, model } = await opened(c);
    openToAll(c);
    c.header('content-security-policy', "default-src 'none'; frame-ancestors *");
    return c.redirect(frameUrl(c, share, model), 302);
  })
  .get('/:token/:file{model\\.[a-z]+}', (c) => send(c, c.req.param('file').slice('model.'.length), false))
  .get('/:token/download/:format', (c) => send(c, c.req.param('format'), true))
  .get('/:token/picture', async (c) => {
    const { model } = await opened(c);
    const file = model.files.find(({ kind }) => kind === 'thumbnail');
    if (!file) throw notFound('picture');
    openToAll(c);
    return sendFile(
      c,
      { ...file, type: mediaTypeOf('thumbnail'), name: 'scene.webp' },
      { asDownload: false, cacheControl: 'private, max-age=300' },
    );
  });
