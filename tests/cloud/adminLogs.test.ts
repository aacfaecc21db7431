/** The log: one request id from the page to the trainer, and no secret in any line. */
import { beforeEach, describe, expect, test, vi } from 'vitest';
import { getJob } from '../../cloud/store/jobs.ts';
import { type WholeApp, sendPhotos, shareModel, startTrainer, train, wholeApp } from './wholeJob.ts';

let lines: string[];

beforeEach(() => {
  lines = [];
  vi.spyOn(console, 'log').mockImplementation((line: unknown) => void lines.push(String(line)));
});

const parsed = (): Record<string, unknown>[] => lines.map((line) => JSON.parse(line) as Record<string, unknown>);

/** What must not be in a line, found in one. */
const leaks = ({ secrets }: WholeApp): string[] =>
  [...secrets].flatMap(([name, secret]) => lines.filter((line) => line.includes(secret)).map((line) => `${name}: ${line}`));

describe('the request id', () => {
  test('goes from the request into the job, its messages, the trainer’s order and every line', async () => {
    const id = 'request-from-the-page-1';
    const whole = wholeApp(id);
    const { jobId } = await sendPhotos(whole);
    expect((await getJob(whole.env.DB, jobId))?.requestId).toBe(id);
    expect(whole.messages).toEqual([{ kind: 'submit', jobId, attempt: 1, requestId: id }]);
    const outbox = await whole.env.DB.prepare('SELECT body FROM outbox WHERE job_id = ?1').bind(jobId).all<{ body: string }>();
    expect(outbox.results.map(({ body }) => (JSON.parse(body) as { requestId: string }).requestId)).toEqual([id]);
    const { spec, trainer } = await startTrainer(whole);
    expect(spec.requestId).toBe(id);
    await train(whole, trainer);

    const ofJob = parsed().filter((line) => line['jobId'] === jobId);
    expect(ofJob.map((line) => [line['event'], line['state']])).toContainEqual(['job', 'submitted']);
    const ofQueue = ofJob.filter((line) => line['event'] === 'job');
    expect(new Set(ofQueue.map((line) => line['requestId']))).toEqual(new Set([id]));
    expect(parsed().every((line) => typeof line['requestId'] === 'string' && line['requestId'] !== '')).toBe(true);
  });

  test('is answered, taken when it looks like one, and made anew when it does not', async () => {
    const whole = wholeApp('request-2');
    const idOf = async (given?: string): Promise<string> => {
      const answer = await whole.send('/api/health', given === undefined ? {} : { headers: { 'x-request-id': given } });
      return answer.headers.get('x-request-id') ?? '';
    };
    expect(await idOf('from-a-proxy-17')).toBe('from-a-proxy-17');
    const uuid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
    for (const bad of [undefined, 'short', 'x'.repeat(65), 'with space in it', '{"level":"error"}']) expect(await idOf(bad)).toMatch(uuid);
    expect(await idOf()).not.toBe(await idOf());
  });
});

describe('secrets', () => {
  test('of a whole job are in no line', async () => {
    const whole = wholeApp('request-of-secrets');
    const sent = await sendPhotos(whole);
    const { trainer } = await startTrainer(whole);
    await train(whole, trainer);
    await shareModel(whole, sent);
    await whole.drain();
    await whole.ask('DELETE', `/api/projects/${sent.projectId}`);
    await whole.drain();
    await whole.send('/api/admin/health', { headers: { authorization: `Bearer ${whole.env.ADMIN_TOKEN}` } });
    await whole.send('/api/admin/health', { headers: { authorization: 'Bearer a-guess-at-the-token' } });
    whole.secrets.set('a guess', 'a-guess-at-the-token').set('photo name', 'IMG_SECRET_PLACE').set('webhook query', 'key=k');
    expect(whole.secrets.size).toBeGreaterThanOrEqual(18);
    for (const [name, secret] of whole.secrets) expect([name, secret.length >= 5]).toEqual([name, true]);
    // There is something to look at.
    expect(parsed().filter((line) => line['event'] === 'job').length).toBeGreaterThanOrEqual(4);
    expect(leaks(whole)).toEqual([]);
    expect(lines.filter((line) => /[?&](sig|exp|token)=/.test(line))).toEqual([]);
  });

  test('in an address are not told when the route breaks', async () => {
    const whole = wholeApp('request-of-errors');
    const sent = await sendPhotos(whole);
    const { trainer } = await startTrainer(whole);
    await train(whole, trainer);
    const { shareToken } = await shareModel(whole, sent);
    const webhookToken = 'token-of-a-webhook-address-12345678';
    whole.secrets.set('webhook token', webhookToken);
    const down = (): Promise<never> => Promise.reject(new Error('The database is down.'));
    const statement = { bind: () => statement, first: down, all: down, run: down };
    // Whoever asks first finds it down.
    whole.env.DB = new Proxy(whole.env.DB, { get: (db, name) => (name === 'prepare' ? () => statement : Reflect.get(db, name)) });
    expect((await whole.send(`/s/${shareToken}`)).status).toBe(500);
    expect((await whole.send(`/api/webhooks/runpod/${sent.jobId}/1/${webhookToken}`, { method: 'POST', body: '{}' })).status).toBe(500);
    expect(parsed().filter((line) => line['event'] === 'error')).toHaveLength(2);
    expect(leaks(whole)).toEqual([]);
  });
});
