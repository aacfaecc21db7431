/** Doing, undoing, redoing, merging; histories as an archive's bytes, whole, cut, corrupted and from other versions. */
import { describe, expect, test } from 'vitest';
import { createRandom } from '../../src/core/math/random.ts';
import { packHistory, unpackHistory } from '../../src/core/project/archiveHistory.ts';
import { sealBytes, sealOf } from '../../src/core/project/sealed.ts';
import { bitsOf, countBits, setBit } from '../../src/core/scene/edit/bits.ts';
import { canRedo, canUndo, perform, redo, undo } from '../../src/core/scene/edit/history.ts';
import { type EditHistory, type EditOperation, emptyHistory } from '../../src/core/scene/edit/operations.ts';

const floaters = (strength: number): EditOperation => ({ kind: 'floaters', strength });
const background = (colour: string): EditOperation => ({ kind: 'background', colour });

function deletion(count: number, indices: number[]): EditOperation {
  const splats = bitsOf(count);
  for (const i of indices) setBit(splats, i);
  return { kind: 'delete', splats, count: countBits(splats) };
}

describe('history', () => {
  test('undo and redo walk the same way back and forth, and doing forgets what was taken back', () => {
    const one = perform(emptyHistory, floaters(0.2));
    const two = perform(one, background('#102030'));
    expect(undo(two)).toEqual({ done: one.done, undone: [background('#102030')] });
    expect(redo(undo(two))).toEqual(two);
    expect(redo(redo(undo(undo(two))))).toEqual(two);
    expect(perform(undo(two), floaters(1))).toEqual({ done: [floaters(0.2), floaters(1)], undone: [] });
    expect(emptyHistory).toEqual({ done: [], undone: [] });
    expect([canUndo(emptyHistory), canRedo(emptyHistory), canUndo(two), canRedo(undo(two))]).toEqual([false, false, true, true]);
    expect(undo(emptyHistory)).toBe(emptyHistory);
    expect(redo(two)).toBe(two);
  });

  test('the steps of one drag become one, of one kind only and only when told so', () => {
    let history = perform(emptyHistory, floaters(0.1));
    history = perform(history, floaters(0.2), { merge: true });
    history = perform(history, floaters(0.3), { merge: true });
    expect(history.done).toEqual([floaters(0.3)]);
    expect(perform(history, floaters(0.4)).done).toHaveLength(2);
    expect(perform(history, background('#000000'), { merge: true }).done).toHaveLength(2);
    const cuts = perform(perform(emptyHistory, deletion(9, [1])), deletion(9, [2]), { merge: true });
    expect(cuts.done).toHaveLength(2);
  });
});

const random = createRandom(3);
const dense = deletion(
  1001,
  Array.from({ length: 700 }, () => Math.floor(1001 * random())),
);
const everything: EditHistory = {
  done: [
    { kind: 'crop-box', box: { centre: [1, 2, 3], half: [0.5, 1, 0], axes: [0.5, 0.5, 0.5, 0.5] } },
    { kind: 'crop-sphere', sphere: { centre: [-1e-3, 0, 1e9], radius: 2.5 } },
    deletion(500_000, [0, 127, 128, 129, 16_000, 499_999]),
    dense,
    deletion(0, []),
    floaters(0.25),
    { kind: 'orient', rotation: [0, 0, 0, 1], offset: [0, 0.1, 0] },
  ],
  undone: [
    { kind: 'start-view', view: { orbit: '10deg 80deg 2m', target: '0m 0m 0m', fieldOfView: '45deg' } },
    { kind: 'start-view', view: null },
    background('#aBcDeF'),
    { kind: 'hotspot', hotspot: { id: 'a-1', text: 'Größe „ü“ 🙂', position: [0, 1, 2], normal: null } },
    { kind: 'hotspot', hotspot: { id: 'b', text: '', position: [0, 1, 2], normal: [0, 1, 0] } },
    { kind: 'remove-hotspot', id: 'a-1' },
  ],
};

const joined = (parts: readonly Uint8Array[]): Uint8Array => new Uint8Array(Buffer.concat(parts));
const written = (history: EditHistory): Uint8Array => joined(packHistory(history));

/** The bytes with their JSON changed, sealed anew. */
function withJson(bytes: Uint8Array, change: (json: string) => string): Uint8Array {
  const content = bytes.subarray(sealBytes);
  const startBytes = (json: number): number => Math.ceil((4 + json) / 8) * 8;
  const length = Buffer.from(content).readUInt32LE(0);
  const json = new TextEncoder().encode(change(new TextDecoder().decode(content.subarray(4, 4 + length))));
  const start = Buffer.alloc(startBytes(json.length));
  start.writeUInt32LE(json.length);
  start.set(json, 4);
  const parts = [start, content.subarray(startBytes(length))];
  return joined([sealOf(parts), ...parts]);
}

describe('history as bytes', () => {
  test('reads back every kind', () => {
    const notes: string[] = [];
    expect(unpackHistory(written(everything), notes)).toEqual(everything);
    expect(notes).toEqual([]);
  });

  test('what a later version adds is left out with a note, the rest stays', () => {
    const notes: string[] = [];
    const later = withJson(written(everything), (json) => json.replace('"kind":"floaters"', '"kind":"paint"'));
    const read = unpackHistory(later, notes);
    expect(read?.done.map(({ kind }) => kind)).toEqual(['crop-box', 'crop-sphere', 'delete', 'delete', 'delete', 'orient']);
    expect(read?.undone).toEqual(everything.undone);
    expect(notes).toHaveLength(1);
    expect(notes[0]).toContain('"paint"');
  });

  test.for([
    ['a number that is none', '"radius":2.5', '"radius":"2.5"'],
    ['a negative radius', '"radius":2.5', '"radius":-1'],
    ['a rotation of nothing', '"rotation":[0,0,0,1]', '"rotation":[0,0,0,0]'],
    ['a strength beyond', '"strength":0.25', '"strength":1.5'],
    ['a colour that is a script', '#aBcDeF', 'url(x)'],
    ['an id with markup', '"id":"b"', '"id":"<b>"'],
    ['a set that is none', '"$array":"Uint8Array"', '"$array":"Int8Array"'],
    ['a kind from the prototype', '"kind":"floaters"', '"kind":"toString"'],
  ])('%s costs that operation alone', ([, from, to]) => {
    const notes: string[] = [];
    const bytes = withJson(written(everything), (json) => json.replace(from, () => to));
    const read = unpackHistory(bytes, notes);
    expect((read?.done.length ?? 0) + (read?.undone.length ?? 0)).toBe(12);
    expect(notes).toHaveLength(1);
  });

  test('other bytes are no history: nothing is thrown', () => {
    const bytes = written(everything);
    const outside = withJson(bytes, (json) => json.replace('"at":0,', '"at":999999,'));
    const unknown = withJson(bytes, (json) => json.replace('"$array":"Uint8Array"', '"$array":"Float16Array"'));
    const others = [new Uint8Array(0), new Uint8Array(40), bytes.subarray(0, 100), new TextEncoder().encode('{"done":[]}')];
    for (const other of [...others, outside, unknown]) expect(unpackHistory(other)).toBeNull();
    for (let k = 0; k < 400; k++) {
      const broken = bytes.slice();
      for (let n = 0; n < 3; n++) broken[Math.floor(random() * broken.length)] = Math.floor(256 * random());
      expect(() => unpackHistory(broken.subarray(0, Math.floor((0.5 + random()) * broken.length)))).not.toThrow();
    }
  });
});
