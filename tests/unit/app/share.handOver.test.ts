/** Handing files out: the save dialog, the downloads and the system's share sheet, played by the test. */
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { saveFile } from '../../../src/app/services/download.ts';
import { canShareFile, shareFile } from '../../../src/app/services/webShare.ts';

const small = new Blob(['splats']);
/** Says it is large; its bytes are few. */
const large = new (class extends Blob {
  override get size(): number {
    return 200e6;
  }
})(['many splats']);

const named = (name: string): DOMException => new DOMException('No.', name);

describe('saving', () => {
  const click = vi.fn();
  beforeEach(() => {
    vi.stubGlobal('document', { createElement: () => ({ click }) });
    vi.useFakeTimers();
  });
  afterEach(() => {
    vi.unstubAllGlobals();
    vi.useRealTimers();
    click.mockClear();
  });

  test('a small file goes to the downloads without a question', async () => {
    const ask = vi.fn();
    vi.stubGlobal('showSaveFilePicker', ask);
    expect(await saveFile(small, 'a.ply')).toBe(true);
    expect([ask.mock.calls.length, click.mock.calls.length]).toEqual([0, 1]);
  });

  test('a large one is streamed to where the person says', async () => {
    const got: string[] = [];
    const decoder = new TextDecoder();
    const createWritable = () =>
      Promise.resolve(new WritableStream<Uint8Array>({ write: (piece) => void got.push(decoder.decode(piece)) }));
    const ask = vi.fn(() => Promise.resolve({ createWritable }));
    vi.stubGlobal('showSaveFilePicker', ask);
    expect(await saveFile(large, 'a.ply')).toBe(true);
    expect(ask).toHaveBeenCalledWith({ suggestedName: 'a.ply' });
    expect(got.join('')).toBe('many splats');
    expect(click).not.toHaveBeenCalled();
  });

  test('closing the dialog saves nothing; a dialog that is refused leaves the downloads', async () => {
    vi.stubGlobal('showSaveFilePicker', () => Promise.reject(named('AbortError')));
    expect(await saveFile(large, 'a.ply')).toBe(false);
    expect(click).not.toHaveBeenCalled();
    vi.stubGlobal('showSaveFilePicker', () => Promise.reject(named('SecurityError')));
    expect(await saveFile(large, 'a.ply')).toBe(true);
    expect(click).toHaveBeenCalledOnce();
  });
});

describe('sharing', () => {
  afterEach(() => vi.unstubAllGlobals());

  test('is offered for what the browser takes', () => {
    vi.stubGlobal('navigator', {});
    expect(canShareFile('a.png', 'image/png')).toBe(false);
    vi.stubGlobal('navigator', { canShare: ({ files }: { files: File[] }) => files[0].type === 'image/png' && files[0].name === 'a.png' });
    expect(canShareFile('a.png', 'image/png')).toBe(true);
    expect(canShareFile('a.ply', 'application/octet-stream')).toBe(false);
  });

  test.each([
    [null, 'shared'],
    ['AbortError', 'cancelled'],
    ['NotAllowedError', 'again'],
    ['DataError', 'refused'],
  ])('that ends with %s is %s', async (error, outcome) => {
    const share = vi.fn(() => (error ? Promise.reject(named(error)) : Promise.resolve()));
    vi.stubGlobal('navigator', { share });
    expect(await shareFile(small, 'a.spz')).toBe(outcome);
    expect(share).toHaveBeenCalledOnce();
  });
});
