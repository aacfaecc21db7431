/** The book of rented machines in D1, the machines' tokens, and which providers a Worker is set up for. */
import { describe, expect, it } from 'vitest';
import { instanceOfToken, instanceToken } from '../../cloud/policy/instanceToken.ts';
import { newId } from '../../cloud/policy/tokens.ts';
import { offeredClasses, providersOf, rentedMachines } from '../../cloud/providers/all.ts';
import type { Env } from '../../cloud/env.ts';
import { createInstanceBook, instanceMayPull } from '../../cloud/store/instances.ts';
import { givenJob } from './rows.ts';
import { testCloud } from './testCloud.ts';

describe('the book of machines', () => {
  it('knows each with the open jobs that are meant for it', async () => {
    const cloud = await testCloud();
    const book = createInstanceBook(cloud.db);
    const [first, second] = [newId('ins'), newId('ins')];
    await book.add({ id: first, gpuClass: 'rtx-4090', spot: true, createdAtMs: cloud.now() });
    await book.add({ id: second, gpuClass: 'l4', spot: false, createdAtMs: cloud.now() });
    const on = { provider: 'vast' as const, gpuSecondsReserved: 700 };
    await givenJob(cloud, { ...on, state: 'submitted', externalId: `${first}/job_a-1` });
    await givenJob(cloud, { ...on, state: 'training', externalId: `${first}/job_b-1` });
    await givenJob(cloud, { ...on, state: 'completed', externalId: `${first}/job_c-1` });
    await givenJob(cloud, { ...on, state: 'training', provider: 'runpod', externalId: `${first}/job_d-1` });
    const rows = (await book.live()).filter(({ id }) => id === first || id === second);
    expect(rows.find(({ id }) => id === first)).toEqual({
      id: first,
      externalId: '',
      gpuClass: 'rtx-4090',
      spot: true,
      status: 'starting',
      createdAtMs: cloud.now(),
      seenAtMs: cloud.now(),
      idleSinceMs: null,
      jobs: expect.arrayContaining([
        { externalId: `${first}/job_a-1`, held: false, seconds: 700 },
        { externalId: `${first}/job_b-1`, held: true, seconds: 700 },
      ]) as unknown,
    });
    expect(rows.find(({ id }) => id === first)?.jobs.length).toBe(2);
    expect(rows.find(({ id }) => id === second)).toMatchObject({ gpuClass: 'l4', spot: false, jobs: [] });
  });

  it('lets nothing come back that is going or gone', async () => {
    const cloud = await testCloud();
    const book = createInstanceBook(cloud.db);
    const id = newId('ins');
    await book.add({ id, gpuClass: 'l4', spot: false, createdAtMs: cloud.now() });
    expect(await instanceMayPull(cloud.db, id)).toBe(true);
    await book.mark(id, { status: 'running', externalId: '42', idleSinceMs: 1000 });
    expect(await book.find(id)).toMatchObject({ status: 'running', externalId: '42', idleSinceMs: 1000 });
    // Given work in the meantime: not stopped for being idle.
    await book.mark(id, { idleSinceMs: null });
    expect(await book.stop(id, 1000)).toBe(false);
    expect(await book.stop(id)).toBe(true);
    expect(await book.stop(id)).toBe(false);
    await book.mark(id, { status: 'running' });
    expect(await book.find(id)).toMatchObject({ status: 'stopping' });
    expect(await instanceMayPull(cloud.db, id)).toBe(false);
    await book.mark(id, { status: 'gone' });
    await book.mark(id, { status: 'stopping', idleSinceMs: 5 });
    expect(await book.find(id)).toMatchObject({ status: 'gone', idleSinceMs: null });
    expect((await book.live()).map((instance) => instance.id)).not.toContain(id);
    expect(await book.find('ins_unknown')).toBeNull();
  });
});

describe('a machine’s token', () => {
  it('is good for that machine alone, also after a rotation', async () => {
    const { env } = await testCloud();
    const [id, other] = [newId('ins'), newId('ins')];
    const token = await instanceToken(env, id);
    expect(await instanceOfToken(env, token)).toBe(id);
    expect(await instanceOfToken(env, token.replace(id, other))).toBeNull();
    const rotated = { MASTER_SECRET: '6'.repeat(64), MASTER_SECRET_BEFORE: env.MASTER_SECRET };
    expect(await instanceOfToken(rotated, token)).toBe(id);
    expect(await instanceOfToken({ MASTER_SECRET: '6'.repeat(64) }, token)).toBeNull();
    for (const forged of ['', 'ins_', `${id}.`, `${token}.x`, `${id}.${'0'.repeat(64)}`, 'own_x.abc']) {
      expect(await instanceOfToken(env, forged)).toBeNull();
    }
  });
});

describe('the providers', () => {
  const everything: Partial<Env> = {
    PROVIDERS: 'runpod, modal,replicate,vast,pull,local',
    RUNPOD_KEY: 'rk',
    RUNPOD_ENDPOINTS: '{"rtx-4090":"abc123"}',
    MODAL_URL: 'https://acme--splat.modal.run/',
    MODAL_KEY: 'mk',
    MODAL_SECRET: 'ms',
    REPLICATE_TOKEN: 'rt',
    REPLICATE_DEPLOYMENT: 'acme/splat@a100-80',
    REPLICATE_WEBHOOK_SECRET: 'whsec_AAAA whsec_BBBB',
    VAST_KEY: 'vk',
    VAST_IMAGE: 'registry.test/splat',
    WORKER_TOKEN: 'wt',
  };

  it('are those that are named, in that order', async () => {
    const cloud = await testCloud({ env: everything });
    expect(providersOf(cloud).map(({ id }) => id)).toEqual(['runpod', 'modal', 'replicate', 'vast', 'pull', 'local']);
    expect(offeredClasses(cloud)).toEqual({ runpod: ['rtx-4090'], replicate: ['a100-80'] });
    expect(rentedMachines(cloud)).not.toBeNull();
    expect(rentedMachines(await testCloud())).toBeNull();
  });

  it.each(Object.keys(everything).filter((name) => name !== 'PROVIDERS'))('need %s, and say so', async (name) => {
    const cloud = await testCloud({ env: { ...everything, [name]: '' } });
    expect(() => providersOf(cloud)).toThrow(name);
  });

  it.each([
    ['RUNPOD_ENDPOINTS', 'abc123'],
    ['RUNPOD_ENDPOINTS', '{"l4":"../../x"}'],
    ['REPLICATE_DEPLOYMENT', 'acme'],
  ])('take no %s of %s', async (name, value) => {
    const cloud = await testCloud({ env: { ...everything, [name]: value } });
    expect(() => providersOf(cloud)).toThrow(name);
  });

  it('talk to Modal over TLS only, unless in development', async () => {
    const plain = { ...everything, MODAL_URL: 'http://127.0.0.1:9' };
    expect(providersOf(await testCloud({ env: plain })).length).toBe(6);
    const cloud = await testCloud({ env: { ...plain, ENVIRONMENT: 'production' } });
    expect(() => providersOf(cloud)).toThrow('MODAL_URL');
  });

  it('know when a worker last asked for work', async () => {
    const cloud = await testCloud({ env: everything });
    const local = providersOf(cloud).find(({ id }) => id === 'local');
    const insert = "INSERT OR REPLACE INTO settings (key, value, updated_at) VALUES ('worker-seen:w1', '', ?1)";
    await cloud.db
      .prepare(insert)
      .bind(cloud.now() - 3_600_000)
      .run();
    expect(await local?.health()).toMatchObject({ ok: true, value: { hint: 'No worker has asked for work for 60 minutes.' } });
  });
});
