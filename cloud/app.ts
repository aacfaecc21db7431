/**
 * The Worker's HTTP side: what every request goes through, and which routes there are.
 * Invariant: every "no" is a CloudRefusal in JSON; nothing internal is told to a stranger.
 */
import { Hono } from 'hono';
import { matchedRoutes } from 'hono/route';
import { createCloud } from './cloud.ts';
import type { AppEnv } from './http/appEnv.ts';
import { csrf } from './http/csrf.ts';
import { isCutOff } from './http/cutOff.ts';
import { identify } from './http/identify.ts';
import { rateLimit } from './http/rateLimit.ts';
import { Refusal } from './http/refusal.ts';
import { securityHeaders } from './http/securityHeaders.ts';
import { adminApiRoutes, adminPageRoutes } from './routes/admin.ts';
import { estimateRoutes } from './routes/estimate.ts';
import { healthRoutes } from './routes/health.ts';
import { jobRoutes } from './routes/jobs.ts';
import { liveRoutes } from './routes/live.ts';
import { meRoutes } from './routes/me.ts';
import { modelRoutes } from './routes/model.ts';
import { oauthRoutes } from './routes/oauth.ts';
import { oembedRoutes } from './routes/oembed.ts';
import { openapiRoutes } from './routes/openapi.ts';
import { ownerWebhookRoutes } from './routes/ownerWebhook.ts';
import { passkeyRoutes } from './routes/passkey.ts';
import { photoPutRoutes } from './routes/photoPut.ts';
import { processRoutes } from './routes/process.ts';
import { projectRoutes } from './routes/projects.ts';
import { providerWebhookRoutes } from './routes/providerWebhook.ts';
import { pushRoutes } from './routes/push.ts';
import { sessionRoutes } from './routes/session.ts';
import { sharePageRoutes } from './routes/sharePage.ts';
import { projectShareRoutes, shareRoutes } from './routes/shares.ts';
import { simpleUploadRoutes } from './routes/simpleUpload.ts';
import { statusRoutes } from './routes/status.ts';
import { tokenRoutes, tokensRoutes } from './routes/token.ts';
import { trainerRoutes } from './routes/trainer.ts';
import { trainerFileRoutes } from './routes/trainerFiles.ts';
import { uploadRoutes } from './routes/uploads.ts';
import { workerRoutes } from './routes/worker.ts';
import { count } from './store/counters.ts';
import { migrated } from './store/migrate.ts';

/** A caller's own request id is taken when it looks like one, so that one id follows the work through all parts. */
const requestIdOf = (given: string | undefined): string => (given && /^[A-Za-z0-9-]{8,64}$/.test(given) ? given : crypto.randomUUID());

export const app = new Hono<AppEnv>();

app.use(async (c, next) => {
  const cloud = createCloud(c.env, c.executionCtx, requestIdOf(c.req.header('x-request-id')));
  c.set('cloud', cloud);
  c.set('ownerId', null);
  c.header('x-request-id', cloud.requestId);
  await migrated(c.env.DB);
  await next();
});
app.use(securityHeaders);
app.use(rateLimit);
app.use(csrf);
app.use('/api/*', identify);

app.route('/api/health', healthRoutes);
app.route('/api/estimate', estimateRoutes);
app.route('/api/uploads', uploadRoutes);
app.route('/api/u', photoPutRoutes);
app.route('/api/upload', simpleUploadRoutes);
app.route('/api/process', processRoutes);
app.route('/api/status', statusRoutes);
app.route('/api/live', liveRoutes);
app.route('/api/jobs', jobRoutes);
app.route('/api/model', modelRoutes);
app.route('/api/projects', projectRoutes);
app.route('/api/projects', projectShareRoutes);
app.route('/api/shares', shareRoutes);
app.route('/api/oembed', oembedRoutes);
app.route('/api/push', pushRoutes);
app.route('/api/session', sessionRoutes);
app.route('/api/passkeys', passkeyRoutes);
app.route('/api/oauth', oauthRoutes);
app.route('/api/tokens', tokensRoutes);
app.route('/api/token', tokenRoutes);
app.route('/api/me', meRoutes);
app.route('/api/me', ownerWebhookRoutes);
app.route('/api/webhooks', providerWebhookRoutes);
app.route('/api/admin', adminApiRoutes);
app.route('/admin', adminPageRoutes);
app.route('/api', openapiRoutes);
app.route('/internal/v1/jobs', trainerRoutes);
app.route('/internal/v1/worker', workerRoutes);
app.route('/internal/v1', trainerFileRoutes);
app.route('/s', sharePageRoutes);

app.notFound((c) => c.json(new Refusal(404, 'not-found', 'There is nothing at this address.').body(), 404));

app.onError(async (error, c) => {
  if (error instanceof Refusal) return c.json(error.body(), error.status, error.headers);
  // Nobody hears it any more; it is no error of ours.
  if (await isCutOff(c.req.raw)) return c.json(new Refusal(400, 'cut-off', 'The request broke off before its end.').body(), 400);
  // The route, not the address: some addresses hold tokens.
  c.var.cloud?.log.error('error', { path: matchedRoutes(c).at(-1)?.path, error: error.stack ?? String(error) });
  if (c.var.cloud) count(c.var.cloud, 'error');
  return c.json(new Refusal(500, 'internal', 'Something went wrong on the server; it has been written down.').body(), 500);
});
