/**
 * Order texture: splat numbers back to front, one to a texel, as the sorter gives them.
 * Invariant: `count` numbers are valid; a shorter order reuses the texture of a longer one.
 */
import { orderRow } from '../../core/view/splatSorter.ts';
import { emptyTexture } from './wordTexture.ts';

export interface OrderTexture {
  readonly texture: WebGLTexture | null;
  readonly count: number;
  upload(order: Uint32Array, count: number): void;
  bytes(): number;
  dispose(): void;
}

export function createOrderTexture(gl: WebGL2RenderingContext, rowsHint = 0): OrderTexture {
  let texture: WebGLTexture | null = null;
  let rows = 0;
  let count = 0;
  return {
    get texture() {
      return texture;
    },
    get count() {
      return count;
    },
    upload(order, newCount) {
      count = newCount;
      const needed = Math.ceil(count / orderRow);
      if (needed === 0) return;
      if (needed > rows) {
        gl.deleteTexture(texture);
        rows = Math.max(needed, rowsHint, Math.ceil(order.length / orderRow));
        texture = emptyTexture(gl, gl.R32UI, orderRow, rows);
      }
      gl.bindTexture(gl.TEXTURE_2D, texture);
      gl.texSubImage2D(gl.TEXTURE_2D, 0, 0, 0, orderRow, needed, gl.RED_INTEGER, gl.UNSIGNED_INT, order, 0);
    },
    bytes: () => 4 * orderRow * rows,
    dispose() {
      gl.deleteTexture(texture);
      [texture, rows, count] = [null, 0, 0];
    },
  };
}
