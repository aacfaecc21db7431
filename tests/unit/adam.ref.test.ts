/** The optimiser's CPU twin against torch.optim.Adam (f64, lr 0.1, eps 1e-15), whose values are written out here. */
import { expect, test } from 'vitest';
import { adamRef } from '../../src/core/train/adam.ref.ts';

const grads = [
  [0.3, -1, 1e-9],
  [-0.2, 4, 2e-9],
  [0.05, 0.5, -7e-9],
];
const torch = [
  [0.9000000000000004, -1.9000000000000001, 0.4000000999999],
  [0.8855479470283534, -1.9559503494037873, 0.30348195845199677],
  [0.8657004678194484, -2.006579681176743, 0.3416470067092335],
];
const fresh = (n: number) => ({ m: new Float64Array(n), v: new Float64Array(n) });

test('three steps', () => {
  const values = Float64Array.of(1, -2, 0.5);
  const state = fresh(3);
  grads.forEach((grad, k) => {
    adamRef(values, grad, state, k + 1, { learningRate: 0.1 });
    values.forEach((value, i) => expect(value).toBeCloseTo(torch[k][i], 12));
  });
});

test('each splat counts its own steps: one that starts later moves as if it had started now', () => {
  const values = Float64Array.of(1, -2, 1, -2);
  const state = fresh(4);
  const pair = (k: number): [number, number] => [grads[k][0], grads[k][1]];
  adamRef(values, [...pair(0), 0, 0], state, [1, 1], { learningRate: 0.1 });
  adamRef(values, [...pair(1), ...pair(0)], state, [2, 1], { learningRate: 0.1 });
  [torch[1][0], torch[1][1], torch[0][0], torch[0][1]].forEach((value, i) => expect(values[i]).toBeCloseTo(value, 12));
});
