/** Which failures are the request's own. */
import { expect, test } from 'vitest';
import { isCutOff } from '../../cloud/http/cutOff.ts';

const requestOf = (body: ReadableStream<Uint8Array> | null): Request => new Request('https://splat.test/', { method: 'PUT', body });
const chunk = new Uint8Array(1000);

test('a body that broke off in the middle', async () => {
  const breaking = (): ReadableStream<Uint8Array> => {
    let turn = 0;
    return new ReadableStream({
      pull(controller) {
        if (turn++ === 0) controller.enqueue(chunk);
        else controller.error(new Error('The line is dead.'));
      },
    });
  };
  const read = requestOf(breaking());
  const reader = read.body!.getReader();
  await reader.read();
  await expect(reader.read()).rejects.toThrow('The line is dead.');
  reader.releaseLock();
  expect(await isCutOff(read)).toBe(true);

  const piped = requestOf(breaking());
  await expect(piped.body!.pipeTo(new WritableStream())).rejects.toThrow();
  expect(await isCutOff(piped)).toBe(true);
});

test('a body that is whole, used up, or slow is not cut off', async () => {
  expect(await isCutOff(requestOf(new Blob([chunk]).stream()))).toBe(false);
  const used = requestOf(new Blob([chunk]).stream());
  await used.arrayBuffer();
  expect(await isCutOff(used)).toBe(false);
  expect(await isCutOff(requestOf(new ReadableStream()))).toBe(false);
  expect(await isCutOff(requestOf(null))).toBe(false);
});

test('where the other end fails, the body is not to blame', async () => {
  const request = requestOf(new Blob([chunk]).stream());
  const full = new WritableStream({ write: () => Promise.reject(new Error('R2 is away.')) });
  await expect(request.body!.pipeTo(full)).rejects.toThrow('R2 is away.');
  expect(await isCutOff(request)).toBe(false);
});
