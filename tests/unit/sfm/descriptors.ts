/**
 * Made-up descriptors with everything that matching must get right: true matches, near misses of the ratio test, exact duplicates in
 * either photo (ties), zero descriptors, and bytes that no photo gives.
 */
import { createRandom } from '../../../src/core/math/random.ts';

export interface DescriptorPair {
  name: string;
  first: Uint8Array;
  other: Uint8Array;
}

const size = 128;

/** n random unit vectors with non-negative elements, times 512, as RootSIFT gives them. */
export function randomDescriptors(seed: number, n: number): Uint8Array {
  const random = createRandom(seed);
  const out = new Uint8Array(n * size);
  for (let i = 0; i < n; i++) {
    // Squares of the elements add up to one; cubing leaves few large among many small ones.
    const squares = Array.from({ length: size }, () => random() ** 3);
    const sum = squares.reduce((a, b) => a + b, 0);
    for (let k = 0; k < size; k++) out[i * size + k] = Math.min(255, Math.round(512 * Math.sqrt(squares[k] / sum)));
  }
  return out;
}

/** Copies of some of `first` into `other`, blurred by noise of growing amplitude, and exact duplicates within both. */
export function pairOf(seed: number, rows: number, columns: number): DescriptorPair {
  const random = createRandom(seed + 1000);
  const first = randomDescriptors(seed, rows);
  const other = randomDescriptors(seed + 1, columns);
  const at = (descriptors: Uint8Array, i: number): Uint8Array => descriptors.subarray(i * size, (i + 1) * size);
  for (let j = 0; j < columns; j++) {
    if (rows > 0 && random() < 0.6) {
      const noise = random() * 60;
      const from = at(first, Math.floor(random() * rows));
      at(other, j).set(from.map((value) => Math.max(0, Math.min(255, value + Math.round((random() - 0.5) * noise)))));
    }
    if (j > 0 && random() < 0.05) at(other, j).set(at(other, Math.floor(random() * j)));
    if (random() < 0.03) at(other, j).fill(0);
  }
  for (let i = 1; i < rows; i++) {
    if (random() < 0.03) at(first, i).set(at(first, Math.floor(random() * i)));
    if (random() < 0.03) at(first, i).fill(0);
  }
  return { name: `${rows} x ${columns}`, first, other };
}

function bytes(seed: number, n: number, below: number): Uint8Array {
  const random = createRandom(seed);
  return Uint8Array.from({ length: n * size }, () => Math.floor(random() * below));
}

/** Every size where a block of some matcher begins or ends, and input that only a fuzzer makes. */
export function descriptorPairs(): DescriptorPair[] {
  const sizes: [number, number][] = [
    [0, 0],
    [0, 5],
    [5, 0],
    [1, 1],
    [1, 65],
    [63, 64],
    [64, 63],
    [65, 65],
    [129, 130],
    [130, 257],
    [1000, 777],
  ];
  const same = randomDescriptors(70, 1);
  const copies = (n: number): Uint8Array => Uint8Array.from({ length: n * size }, (_, k) => same[k % size]);
  const few = bytes(73, 90, 2);
  return [
    ...sizes.map(([rows, columns], k) => pairOf(10 + 3 * k, rows, columns)),
    { name: 'any bytes', first: bytes(71, 150, 256), other: bytes(72, 140, 256) },
    { name: 'zeros and ones with many ties', first: few, other: Uint8Array.from([...few].reverse()) },
    { name: 'all 255', first: new Uint8Array(3 * size).fill(255), other: new Uint8Array(2 * size).fill(255) },
    { name: 'all zero', first: new Uint8Array(9 * size), other: new Uint8Array(7 * size) },
    { name: 'one against itself', first: same, other: same },
    { name: 'one against copies', first: same, other: copies(70) },
    { name: 'copies against one', first: copies(70), other: same },
    { name: 'a photo against itself', first: randomDescriptors(74, 200), other: randomDescriptors(74, 200) },
  ];
}
