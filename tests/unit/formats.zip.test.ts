/** Zip archives that another program packed, and archives that are damaged or made to do harm. */
import { deflateSync, zipSync } from 'fflate';
import { describe, expect, test } from 'vitest';
import { crc32 } from '../../src/core/formats/unpackEntry.ts';
import { expandZip } from '../../src/core/formats/zip.ts';
import type { SourceFile } from '../../src/core/scene/dataset.ts';

const utf8 = new TextEncoder();
/** Enough to be unpacked in several slices. */
const large = Uint8Array.from({ length: 1_500_000 }, (_, i) => Math.imul(i, 2654435761) >>> 24);
const contents = {
  'set/images/a.jpg': utf8.encode('first'),
  'set/größe.txt': utf8.encode('x'.repeat(1000)),
  'large.bin': large,
  'empty.txt': new Uint8Array(0),
};

function filesOf(bytes: Uint8Array): SourceFile[] {
  const result = expandZip(bytes, 'set.zip');
  if (!result.ok) throw new Error(result.failure.detail);
  return result.value;
}

function failureOf(bytes: Uint8Array): string {
  const result = expandZip(bytes, 'set.zip');
  if (result.ok) throw new Error('It was read without a failure.');
  expect([result.failure.code, result.failure.file]).toEqual(['bad-file', 'set.zip']);
  return result.failure.detail;
}

/** Writes a field of the first entry, in the central directory and, `local` being its place there, in the local header. */
function patched(bytes: Uint8Array, central: number, local: number, size: 2 | 4, value: number): Uint8Array {
  const copy = bytes.slice();
  const view = new DataView(copy.buffer);
  const directory = view.getUint32(copy.length - 6, true);
  for (const at of [directory + central, local]) {
    if (size === 2) view.setUint16(at, value, true);
    else view.setUint32(at, value, true);
  }
  return copy;
}

test('CRC-32 of the check string of its definition', () => {
  expect(crc32(utf8.encode('123456789'))).toBe(0xcbf43926);
  expect(crc32(utf8.encode('6789'), crc32(utf8.encode('12345')))).toBe(0xcbf43926);
});

test.each([0, 6] as const)('every file comes back, packed at level %i', async (level) => {
  const files = filesOf(zipSync(contents, { level, comment: 'a comment' }));
  expect(files.map(({ path, sizeBytes }) => [path, sizeBytes])).toEqual(
    Object.entries(contents).map(([path, bytes]) => [path, bytes.length]),
  );
  for (const { path, bytes } of files) expect(Buffer.compare(await bytes(), contents[path as keyof typeof contents])).toBe(0);
});

test('folders are not files', () => {
  expect(filesOf(zipSync({ 'set/': new Uint8Array(0), 'set/a': utf8.encode('a') })).map(({ path }) => path)).toEqual(['set/a']);
});

describe('refused', () => {
  const whole = zipSync({ 'a.jpg': utf8.encode('content '.repeat(50)) });

  test('cut anywhere', () => {
    for (let length = 0; length < whole.length; length++) expect(failureOf(whole.subarray(0, length))).toMatch(/truncated/);
  });

  test('another kind of file', () => {
    expect(failureOf(utf8.encode('not an archive '.repeat(20)))).toMatch(/not a whole zip/);
  });

  test('a directory that is cut out of the middle', () => {
    const end = whole.length - 22;
    expect(failureOf(Uint8Array.of(...whole.subarray(0, end - 5), ...whole.subarray(end)))).toMatch(/truncated/);
  });

  test.each(['../a.jpg', 'x/../../a.jpg', '/etc/a.jpg', 'C:\\a.jpg', '..\\a.jpg'])('a path that leads out of the archive: %s', (path) => {
    expect(failureOf(zipSync({ [path]: utf8.encode('a') }))).toMatch(/leads out of the archive/);
  });

  test('an encrypted entry', () => {
    expect(failureOf(patched(whole, 8, 6, 2, 1))).toMatch(/a.jpg is encrypted/);
  });

  test('a method we do not unpack', () => {
    expect(failureOf(patched(whole, 10, 8, 2, 14))).toMatch(/method 14/);
  });

  test('more declared than deflate can hold, or than any photo has', () => {
    expect(failureOf(patched(whole, 24, 22, 4, 0x7fffffff))).toMatch(/no archive can hold/);
    const packed = deflateSync(new Uint8Array(5_000_000));
    expect(packed.length * 1040).toBeGreaterThan(5_000_000);
  });
});

describe('damaged data rejects by name', () => {
  const whole = zipSync({ 'a.jpg': utf8.encode('content '.repeat(50)) });
  const dataAt = 30 + 'a.jpg'.length;

  test('a changed byte', async () => {
    for (const at of [dataAt, dataAt + 4, dataAt + 8]) {
      const bytes = whole.slice();
      bytes[at] ^= 0x55;
      await expect(filesOf(bytes)[0].bytes()).rejects.toThrow(/^a.jpg is damaged inside the archive/);
    }
  });

  test('a size that is not the real one', async () => {
    for (const size of [399, 401]) await expect(filesOf(patched(whole, 24, 22, 4, size))[0].bytes()).rejects.toThrow(/a.jpg is damaged/);
  });

  test('a wrong checksum', async () => {
    await expect(filesOf(patched(whole, 16, 14, 4, 12345))[0].bytes()).rejects.toThrow(/checksum/);
  });
});
