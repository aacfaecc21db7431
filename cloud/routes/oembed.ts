/** GET /api/oembed?url=: the frame for a shared scene, for sites that ask (oembed.com, section 2). */
import { Hono } from 'hono';
import { oembedFor } from '../../src/core/job/embedHtml.ts';
import type { AppEnv } from '../http/appEnv.ts';
import { Refusal, notFound } from '../http/refusal.ts';
import { newestModel } from '../store/modelFiles.ts';
import { openShare } from '../store/shares.ts';

/** The token of a share's address on this server; null for any other address. */
function tokenOf(address: string | undefined, origin: string): string | null {
  if (address === undefined || !URL.canParse(address)) return null;
  const url = new URL(address);
  return url.origin === origin ? (/^\/s\/([A-Za-z0-9_-]{22})$/.exec(url.pathname)?.[1] ?? null) : null;
}

const limitOf = (text: string | undefined): number | undefined => (text !== undefined && /^\d{1,6}$/.test(text) ? Number(text) : undefined);

export const oembedRoutes = new Hono<AppEnv>().get('/', async (c) => {
  const { origin } = new URL(c.req.url);
  if ((c.req.query('format') ?? 'json') !== 'json') throw new Refusal(501, 'bad-format', 'Only JSON is answered.');
  const token = tokenOf(c.req.query('url'), origin);
  const share = token === null ? null : await openShare(c.var.cloud, token);
  if (!share || !(await newestModel(c.var.cloud, share.projectId))) throw notFound('share');
  if (share.passwordHash !== null) throw new Refusal(401, 'locked', 'This scene asks for a password and cannot be shown in a frame.');
  const [maxwidth, maxheight] = [limitOf(c.req.query('maxwidth')), limitOf(c.req.query('maxheight'))];
  c.header('access-control-allow-origin', '*');
  c.header('cross-origin-resource-policy', 'cross-origin');
  return c.json(
    oembedFor({
      url: `${origin}/s/${token}/embed`,
      title: share.title,
      width: 800,
      height: 450,
      ...(maxwidth !== undefined && { maxwidth }),
      ...(maxheight !== undefined && { maxheight }),
      provider: { name: 'Splat App', url: origin },
    }),
  );
});
