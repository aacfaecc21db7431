/** Sealed files: FNV-1a's published vectors, and every kind of damage. */
import { describe, expect, test } from 'vitest';
import { isWhole, sealBytes, sealOf, turnOf, unsealed } from '../../src/core/project/sealed.ts';

const bytesOf = (text: string): Uint8Array<ArrayBuffer> => new TextEncoder().encode(text);
const sealed = (content: Uint8Array, turn = 0): Uint8Array => Uint8Array.from([...sealOf([content], turn), ...content]);
const wholeInPieces = (file: Uint8Array): Promise<boolean> => isWhole(file.length, async (from, to) => file.slice(from, to));

describe('sealed files', () => {
  /** Fowler, Noll, Vo: test vectors of the 32-bit FNV-1a. */
  test.each([
    ['', 0x811c9dc5],
    ['a', 0xe40c292c],
    ['foobar', 0xbf9cf968],
  ])('the checksum of "%s" is the published one', (text, hash) => {
    expect(new DataView(sealOf([bytesOf(text)]).buffer).getUint32(12)).toBe(hash);
  });

  test('parts make the same seal as the whole', () => {
    expect(sealOf([bytesOf('foo'), bytesOf('bar')], 3)).toEqual(sealOf([bytesOf('foobar')], 3));
  });

  test('what was sealed comes back, with its turn', async () => {
    const file = sealed(bytesOf('content'), 7);
    expect(unsealed(file)).toEqual(bytesOf('content'));
    expect(turnOf(file)).toBe(7);
    expect(await wholeInPieces(file)).toBe(true);
    expect(await wholeInPieces(sealed(new Uint8Array(0)))).toBe(true);
  });

  test('larger than one piece', async () => {
    const large = new Uint8Array((1 << 22) + 1000).map((_, i) => i % 251);
    const file = new Uint8Array(sealBytes + large.length);
    file.set(sealOf([large]));
    file.set(large, sealBytes);
    expect(await wholeInPieces(file)).toBe(true);
    file[file.length - 1] ^= 1;
    expect(await wholeInPieces(file)).toBe(false);
  });

  test('every shorter file, a longer one and every changed bit but the turn are told', async () => {
    const file = sealed(bytesOf('content'), 1);
    for (let length = 0; length < file.length; length++) {
      expect(unsealed(file.slice(0, length)), `${length} bytes`).toBeNull();
      expect(await wholeInPieces(file.slice(0, length)), `${length} bytes`).toBe(false);
    }
    expect(unsealed(Uint8Array.from([...file, 0]))).toBeNull();
    for (let i = 0; i < file.length; i++) {
      if (i >= 4 && i < 8) continue; // The turn is not part of the content.
      const changed = file.slice();
      changed[i] ^= 1;
      expect(unsealed(changed), `byte ${i}`).toBeNull();
      expect(await wholeInPieces(changed), `byte ${i}`).toBe(false);
    }
  });
});
