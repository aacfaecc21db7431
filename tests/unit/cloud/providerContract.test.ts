/**
 * What every remote adapter must do when its provider is slow, away, out of order or answers nonsense. Against fake servers with the
 * documented shapes.
 */
import { afterEach, describe, expect, it } from 'vitest';
import type { GpuProvider, ProviderAnswer } from '../../../cloud/providers/adapter.ts';
import { createModal } from '../../../cloud/providers/modal.ts';
import { createReplicate } from '../../../cloud/providers/replicate.ts';
import { createRunpod } from '../../../cloud/providers/runpod.ts';
import { createVast } from '../../../cloud/providers/vast.ts';
import { modalKey, modalSecret, startFakeModal } from '../../fixtures/fakeProviders/modal.ts';
import { replicateToken, startFakeReplicate } from '../../fixtures/fakeProviders/replicate.ts';
import { runpodKey, startFakeRunpod } from '../../fixtures/fakeProviders/runpod.ts';
import type { FakeServer } from '../../fixtures/fakeProviders/server.ts';
import { options, spec, tools } from '../../fixtures/fakeProviders/spec.ts';
import { memoryBook, startFakeVast, vastKey } from '../../fixtures/fakeProviders/vast.ts';

interface Bench {
  server: FakeServer;
  /** Credentials as they should be unless given. */
  provider(timeoutMs?: number, key?: string): GpuProvider;
  secrets: string[];
}

const replicateSettings = { deployment: 'acme/splat', webhookSecrets: ['whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw'] };
const benches: Record<string, () => Promise<Bench>> = {
  async runpod() {
    const server = await startFakeRunpod();
    const settings = { endpoints: { 'rtx-4090': 'ep4090', l4: 'epl4' }, baseUrl: server.url };
    return { server, secrets: [runpodKey], provider: (ms, key = runpodKey) => createRunpod({ ...settings, key }, tools(ms)) };
  },
  async modal() {
    const server = await startFakeModal();
    const provider = (ms?: number, key = modalKey): GpuProvider => createModal({ url: server.url, key, secret: modalSecret }, tools(ms));
    return { server, secrets: [modalKey, modalSecret], provider };
  },
  async replicate() {
    const server = await startFakeReplicate();
    const settings = { ...replicateSettings, baseUrl: server.url };
    return {
      server,
      secrets: [replicateToken],
      provider: (ms, token = replicateToken) => createReplicate({ ...settings, token }, tools(ms)),
    };
  },
  async vast() {
    const server = await startFakeVast();
    const book = memoryBook();
    let started = 0;
    const rental = { book, newInstanceId: () => `ins_${++started}`, workerToken: (id: string) => Promise.resolve(`${id}.WORKERTOKEN`) };
    const provider = (ms?: number, key = vastKey): GpuProvider =>
      createVast({ key, image: 'splat:1', baseUrl: server.url }, tools(ms), rental);
    return { server, secrets: [vastKey, 'WORKERTOKEN'], provider };
  },
};

// Modal has no 4090.
const optionsFor = (name: string) => (name === 'modal' ? { ...options, gpuClass: 'l40s' } : options);

describe.each(Object.keys(benches))('%s', (name) => {
  let open: FakeServer | null = null;
  const bench = async (): Promise<Bench> => {
    const made = await benches[name]();
    open = made.server;
    return made;
  };
  afterEach(async () => open?.close());

  async function started(provider: GpuProvider): Promise<string> {
    const answer = await provider.submit(spec, optionsFor(name));
    if (!answer.ok) throw new Error(answer.message);
    return answer.value.externalId;
  }

  function expectNo(answer: ProviderAnswer<unknown>, kind: 'retryable' | 'permanent', message: RegExp, { secrets }: Bench): void {
    expect(answer).toMatchObject({ ok: false, kind, message: expect.stringMatching(message) as string });
    const text = JSON.stringify(answer);
    for (const secret of [...secrets, spec.token, spec.secret, options.webhookUrl, 'WEBHOOKTOKEN']) expect(text).not.toContain(secret);
  }

  it('starts a run, looks after it and cancels it, twice', async () => {
    const provider = (await bench()).provider();
    const externalId = await started(provider);
    expect(externalId.length).toBeLessThan(200);
    expect(await provider.status(externalId)).toMatchObject({
      ok: true,
      value: { state: expect.stringMatching(/queued|starting/) as string },
    });
    expect(await provider.cancel(externalId)).toEqual({ ok: true, value: null });
    expect(await provider.cancel(externalId)).toEqual({ ok: true, value: null });
    expect(await provider.status(externalId)).toMatchObject({
      ok: true,
      value: { state: expect.stringMatching(/cancelled|lost/) as string },
    });
  });

  it('is well', async () => {
    expect(await (await bench()).provider().health()).toEqual({ ok: true, value: { ok: true, hint: null } });
  });

  it('calls a run lost that the provider does not know (any more), and cancels it all the same', async () => {
    const provider = (await bench()).provider();
    const unknown = name === 'runpod' ? 'ep4090/gone' : 'gone';
    expect(await provider.status(unknown)).toMatchObject({ ok: true, value: { state: 'lost' } });
    expect(await provider.cancel(unknown)).toEqual({ ok: true, value: null });
  });

  it('waits as long as it is told, in seconds or until a date', async () => {
    const made = await bench();
    made.server.fail({ status: 429, headers: { 'retry-after': '17' }, body: { error: 'rate limit exceeded' } });
    const first = await made.provider().submit(spec, optionsFor(name));
    expectNo(first, 'retryable', /429 rate limit exceeded/, made);
    expect(first).toMatchObject({ retryAfterMs: 17_000 });
    made.server.fail({ status: 503, headers: { 'retry-after': 'Thu, 26 Nov 2026 12:01:30 GMT' } });
    expect(await made.provider().health()).toMatchObject({ kind: 'retryable', retryAfterMs: 90_000 });
  });

  it('takes a fault of the server as one that passes', async () => {
    const made = await bench();
    made.server.fail({ status: 500, body: { error: `oops, ${spec.token} and ${made.secrets[0]}` } });
    expectNo(await made.provider().submit(spec, optionsFor(name)), 'retryable', /500 oops/, made);
    made.server.fail({ status: 502 });
    expectNo(await made.provider().health(), 'retryable', /502/, made);
  });

  it('does not wait for ever', async () => {
    const made = await bench();
    made.server.fail('hang');
    expectNo(await made.provider(80).submit(spec, optionsFor(name)), 'retryable', /no answer in 80 ms/, made);
  });

  it('takes an answer that is cut off, and a server that is away, as ones that pass', async () => {
    const made = await bench();
    made.server.fail('cut');
    expectNo(await made.provider().submit(spec, optionsFor(name)), 'retryable', /no connection/, made);
    const provider = made.provider();
    await made.server.close();
    expectNo(await provider.health(), 'retryable', /no connection/, made);
  });

  it('gives up at once when the credentials are wrong', async () => {
    const made = await bench();
    const provider = made.provider(2000, 'WRONGKEYWRONGKEY');
    expectNo(await provider.submit(spec, optionsFor(name)), 'permanent', /401/, { ...made, secrets: ['WRONGKEY'] });
    expectNo(await provider.health(), 'permanent', /401/, made);
  });

  it('believes nothing that is not as documented', async () => {
    const made = await bench();
    const provider = made.provider();
    for (const [fault, message] of [
      ['malformed', /not JSON/],
      ['huge', /more than 1000000 bytes/],
      [{ status: 200, body: { surprise: true } }, /not as documented: \w+/],
      [{ status: 200, body: [] }, /not as documented/],
    ] as const) {
      made.server.fail(fault);
      expectNo(await provider.submit(spec, optionsFor(name)), 'retryable', message, made);
    }
  });

  it('follows no redirect', async () => {
    const made = await bench();
    const before = made.server.requests.length;
    made.server.fail({ status: 307, headers: { location: `${made.server.url}/elsewhere` } });
    expectNo(await made.provider().submit(spec, optionsFor(name)), 'permanent', /redirect/, made);
    expect(made.server.requests.length).toBe(before + 1);
  });

  it('says nothing of a start whose answer is lost, so that it is tried again', async () => {
    const made = await bench();
    const provider = made.provider();
    made.server.fail('lost-answer');
    expectNo(await provider.submit(spec, optionsFor(name)), 'retryable', /no connection/, made);
    // Two runs may exist now; the claim lets one of them work.
    expect(await provider.submit(spec, optionsFor(name))).toMatchObject({ ok: true });
  });

  it('cannot be started on what it does not have', async () => {
    const made = await bench();
    if (name === 'replicate') return;
    const answer = await made.provider().submit(spec, { ...options, gpuClass: 'no-such-class' });
    expect(answer.ok).toBe(name === 'vast' ? answer.ok : false);
  });
});
