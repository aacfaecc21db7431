/**
 * The operator's side: GET /admin, one page with forms, and /api/admin for programs.
 * Invariant: whatever can be done on the page can be done through the API, and both do it by the same functions.
 */
import { type Context, Hono } from 'hono';
import * as z from 'zod';
import { type Admin, adminOf, adminOnly, logIn, logOut, requireCsrf } from '../http/adminAuth.ts';
import type { AppEnv } from '../http/appEnv.ts';
import { readBody, readJson } from '../http/readJson.ts';
import { Refusal, notFound } from '../http/refusal.ts';
import { cancelJob } from '../jobs/cancel.ts';
import { discardDeadLetter, listDeadLetters, replayDeadLetter } from '../jobs/deadLetters.ts';
import type { Cloud } from '../cloud.ts';
import { type JobState, jobStates } from '../policy/jobMachine.ts';
import type { AdminJob, Counter, Health } from '../policy/operatorView.ts';
import { randomToken } from '../policy/tokens.ts';
import { providersOf } from '../providers/all.ts';
import { countersOf, newestJobs } from '../store/adminLists.ts';
import { dayOf } from '../store/counters.ts';
import { type DeadLetter, getDeadLetter } from '../store/deadLetters.ts';
import { measureHealth } from '../store/health.ts';
import { getJob } from '../store/jobs.ts';
import { setKillSwitch } from '../store/settings.ts';
import { adminPage, loginPage } from './adminHtml.ts';

const mostJobs = 200;
const jobsOnThePage = 20;
const formBytes = 8192;

/** @throws Refusal 404, 409, and those of an order */
async function replay(cloud: Cloud, id: string): Promise<{ jobId: string | null }> {
  const replayed = await replayDeadLetter(cloud, id);
  if (replayed) return replayed;
  throw await settledOrMissing(cloud, id);
}

/** @throws Refusal 404, 409 */
async function discard(cloud: Cloud, id: string): Promise<void> {
  if (!(await discardDeadLetter(cloud, id))) throw await settledOrMissing(cloud, id);
}

async function settledOrMissing(cloud: Cloud, id: string): Promise<Refusal> {
  const letter = await getDeadLetter(cloud, id);
  return letter ? new Refusal(409, 'settled', `This dead letter was ${letter.status} already.`) : notFound('dead letter');
}

/** @returns the state it is in now. @throws Refusal 404 */
async function cancel(cloud: Cloud, id: string): Promise<JobState> {
  const job = await getJob(cloud.db, id);
  if (!job) throw notFound('job');
  return (await cancelJob(cloud, job))?.state ?? (await getJob(cloud.db, id))?.state ?? job.state;
}

async function turnKillSwitch(cloud: Cloud, on: boolean): Promise<void> {
  await setKillSwitch(cloud, on ? 'on' : 'off');
  cloud.log.warn('kill-switch', { on });
}

const health = (cloud: Cloud): Promise<Health> => measureHealth(cloud, () => providersOf(cloud));

/** @throws Refusal 400 */
function queryOf<T>(c: Context<AppEnv>, schema: z.ZodType<T>): T {
  const read = schema.safeParse(c.req.query());
  if (!read.success) throw new Refusal(400, 'bad-query', z.prettifyError(read.error).slice(0, 500));
  return read.data;
}

export const jobsQuery = z.strictObject({
  state: z.enum(jobStates).optional(),
  limit: z.coerce.number().int().min(1).max(mostJobs).default(50),
});
export const countersQuery = z.strictObject({ day: z.iso.date().optional() });
export const deadLettersQuery = z.strictObject({ status: z.enum(['open', 'replayed', 'discarded']).optional() });
export const killSwitchRequest = z.strictObject({ on: z.boolean() });

export const adminApiRoutes = new Hono<AppEnv>()
  .use(adminOnly)
  .get('/health', async (c) => c.json<Health>(await health(c.var.cloud)))

  .get('/dead-letters', async (c) => {
    const { status } = queryOf(c, deadLettersQuery);
    return c.json<{ deadLetters: DeadLetter[] }>({ deadLetters: await listDeadLetters(c.var.cloud, status ?? null) });
  })
  .post('/dead-letters/:id/replay', async (c) => c.json(await replay(c.var.cloud, c.req.param('id'))))
  .post('/dead-letters/:id/discard', async (c) => {
    await discard(c.var.cloud, c.req.param('id'));
    return c.body(null, 204);
  })

  .get('/jobs', async (c) => {
    const { state, limit } = queryOf(c, jobsQuery);
    return c.json<{ jobs: AdminJob[] }>({ jobs: await newestJobs(c.var.cloud, state ?? null, limit) });
  })
  .post('/jobs/:id/cancel', async (c) => c.json({ state: await cancel(c.var.cloud, c.req.param('id')) }))

  .post('/kill-switch', async (c) => {
    const { on } = await readJson(c, killSwitchRequest, 1024);
    await turnKillSwitch(c.var.cloud, on);
    return c.json({ on });
  })

  .get('/counters', async (c) => {
    const { day = dayOf(c.var.cloud.now()) } = queryOf(c, countersQuery);
    return c.json<{ day: string; counters: Counter[] }>({ day, counters: await countersOf(c.var.cloud, day) });
  });

/** No script, no picture from elsewhere, and forms that lead here only. @returns the nonce of the page's style */
function pageHeaders(c: Context<AppEnv>): string {
  const nonce = randomToken(16);
  const policy = `default-src 'none'; style-src 'nonce-${nonce}'; img-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'`;
  c.header('content-security-policy', policy);
  c.header('referrer-policy', 'same-origin');
  c.header('x-robots-tag', 'noindex');
  c.header('cache-control', 'private, no-store');
  return nonce;
}

async function showLogin(c: Context<AppEnv>, problem: string | null, status: 401 | 429 = 401): Promise<Response> {
  return c.html(await loginPage(pageHeaders(c), problem), status);
}

async function showPage(c: Context<AppEnv>, admin: Admin, problem: Refusal | null = null): Promise<Response> {
  const { cloud } = c.var;
  const [state, deadLetters, jobs] = await Promise.all([
    health(cloud),
    listDeadLetters(cloud, 'open', 50),
    newestJobs(cloud, null, jobsOnThePage),
  ]);
  const csrf = admin.csrf ?? '';
  const shown = { nonce: pageHeaders(c), csrf, canLeave: admin.how === 'cookie', health: state, deadLetters, jobs };
  return c.html(await adminPage({ ...shown, problem: problem?.message ?? null }), problem?.status ?? 200);
}

const readForm = async (c: Context<AppEnv>): Promise<URLSearchParams> =>
  new URLSearchParams(new TextDecoder().decode(await readBody(c.req.raw, formBytes)));

/** A button of the page: does it and shows the page anew, or says on the page why not. */
async function press(c: Context<AppEnv>, act: (form: URLSearchParams) => Promise<unknown>): Promise<Response> {
  const admin = await adminOf(c);
  if (!admin) return showLogin(c, null);
  const form = await readForm(c);
  try {
    requireCsrf(admin, form.get('csrf') ?? undefined);
    await act(form);
  } catch (error) {
    if (error instanceof Refusal) return showPage(c, admin, error);
    throw error;
  }
  return c.redirect('/admin', 303);
}

export const adminPageRoutes = new Hono<AppEnv>()
  .get('/', async (c) => {
    const admin = await adminOf(c);
    return admin ? showPage(c, admin) : showLogin(c, null);
  })
  .post('/login', async (c) => {
    const form = await readForm(c);
    try {
      if (!(await logIn(c, form.get('token') ?? ''))) return await showLogin(c, 'That is not the token.');
    } catch (error) {
      if (error instanceof Refusal && error.status === 429) return showLogin(c, error.message, 429);
      throw error;
    }
    return c.redirect('/admin', 303);
  })
  .post('/logout', (c) =>
    press(c, async () => {
      logOut(c);
    }),
  )
  .post('/dead-letters/:id/replay', (c) => press(c, () => replay(c.var.cloud, c.req.param('id'))))
  .post('/dead-letters/:id/discard', (c) => press(c, () => discard(c.var.cloud, c.req.param('id'))))
  .post('/jobs/:id/cancel', (c) => press(c, () => cancel(c.var.cloud, c.req.param('id'))))
  .post('/kill-switch', (c) => press(c, (form) => turnKillSwitch(c.var.cloud, form.get('on') === 'true')));
