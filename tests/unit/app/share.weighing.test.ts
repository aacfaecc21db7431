/** One export as the panel drives it, with a worker that the test answers for. */
import { describe, expect, test, vi } from 'vitest';
import { type CreateExport, weighExport } from '../../../src/app/features/share/weighing.ts';
import { type Result, fail, ok } from '../../../src/core/job/failure.ts';
import type { ExportSummary } from '../../../workers/export/messages.ts';
import type { SaveFormat } from '../../../workers/protocol.ts';

const summary = (ahead: SaveFormat[]): ExportSummary => ({
  count: 3,
  countBefore: 3,
  shDegree: 0,
  exactBytes: {},
  aboutBytes: {},
  ahead,
  warnings: [],
});
const settled = (): Promise<void> => new Promise((resolve) => void setTimeout(resolve));

function fakeExport(opened: Result<ExportSummary>) {
  const asked: { format: SaveFormat; answer: (file: Result<Blob>) => void }[] = [];
  const client = {
    opened: Promise.resolve(opened),
    encode: (format: SaveFormat) => new Promise<Result<Blob>>((answer) => void asked.push({ format, answer })),
    page: () => Promise.resolve(ok(new Blob(['page']))),
    dispose: vi.fn(),
  };
  const create: CreateExport = vi.fn(() => client);
  return { asked, client, create };
}

const hooks = () => ({ opened: vi.fn(), weighed: vi.fn(), failed: vi.fn() });
const given = { source: () => Promise.resolve(ok(new Blob(['splats']))), fileName: 'a.ply', edits: [] };
const file = (bytes: number): Result<Blob> => ok(new Blob([new Uint8Array(bytes)]));

describe('weighing', () => {
  test('writes one format after another, and tells the size of each', async () => {
    const { asked, create } = fakeExport(ok(summary(['spz', 'glb'])));
    const told = hooks();
    weighExport(given, create, told);
    await settled();
    expect(told.opened).toHaveBeenCalledOnce();
    expect(asked.map(({ format }) => format)).toEqual(['spz']);
    asked[0].answer(file(5));
    await settled();
    expect(asked.map(({ format }) => format)).toEqual(['spz', 'glb']);
    asked[1].answer(fail('out-of-memory', 'Too large.'));
    await settled();
    expect(told.weighed.mock.calls).toEqual([['spz', 5]]);
    expect(told.failed).not.toHaveBeenCalled();
  });

  test('stops when the panel closes: nothing more is written or told, and the worker is gone', async () => {
    const { asked, client, create } = fakeExport(ok(summary(['spz', 'glb'])));
    const told = hooks();
    const run = weighExport(given, create, told);
    await settled();
    run.dispose();
    await settled();
    expect(client.dispose).toHaveBeenCalledOnce();
    asked[0].answer(file(5));
    await settled();
    expect(asked).toHaveLength(1);
    expect(told.weighed).not.toHaveBeenCalled();
  });

  test('a panel that closes before the file is there starts no worker', async () => {
    const { create } = fakeExport(ok(summary([])));
    const told = hooks();
    weighExport(given, create, told).dispose();
    await settled();
    expect(create).not.toHaveBeenCalled();
    expect([...told.failed.mock.calls, ...told.opened.mock.calls]).toEqual([]);
  });

  test.each(['source', 'worker'])('a failure of the %s is told, and is the answer to everything', async (which) => {
    const bad = fail('bad-file', 'a.ply is truncated.');
    const { create } = fakeExport(which === 'worker' ? bad : ok(summary([])));
    const told = hooks();
    const run = weighExport(which === 'source' ? { ...given, source: () => Promise.resolve(bad) } : given, create, told);
    await settled();
    expect(told.failed.mock.calls).toEqual([[bad.failure]]);
    if (which === 'source') expect(await run.encode('ply')).toEqual(bad);
  });
});
