/**
 * Word texture: rows of u32 words, four to a texel, that grow as splats are appended. A splat takes a fixed number of texels and never
 * crosses a row.
 * Invariant: what was appended stays at its place; a texture grows by copying itself on the GPU.
 */
export interface WordTexture {
  readonly texture: WebGLTexture | null;
  /** Splats in a row, a power of two. */
  readonly perRow: number;
  readonly rows: number;
  /** Makes room for splats; false when the GPU cannot. */
  reserve(splats: number): boolean;
  /** Writes whole splats from number `first` on; there must be room. */
  write(first: number, words: Uint32Array): void;
  bytes(): number;
  dispose(): void;
}

export function emptyTexture(gl: WebGL2RenderingContext, format: GLenum, width: number, height: number): WebGLTexture {
  const texture = gl.createTexture();
  gl.bindTexture(gl.TEXTURE_2D, texture);
  gl.texStorage2D(gl.TEXTURE_2D, 1, format, width, height);
  for (const name of [gl.TEXTURE_MIN_FILTER, gl.TEXTURE_MAG_FILTER]) gl.texParameteri(gl.TEXTURE_2D, name, gl.NEAREST);
  for (const name of [gl.TEXTURE_WRAP_S, gl.TEXTURE_WRAP_T]) gl.texParameteri(gl.TEXTURE_2D, name, gl.CLAMP_TO_EDGE);
  return texture;
}

/** Copies the first rows of one texture to another of the same width and format. */
function copyRows(gl: WebGL2RenderingContext, from: WebGLTexture, to: WebGLTexture, width: number, rows: number): void {
  const frame = gl.createFramebuffer();
  gl.bindFramebuffer(gl.READ_FRAMEBUFFER, frame);
  gl.framebufferTexture2D(gl.READ_FRAMEBUFFER, gl.COLOR_ATTACHMENT0, gl.TEXTURE_2D, from, 0);
  gl.bindTexture(gl.TEXTURE_2D, to);
  gl.copyTexSubImage2D(gl.TEXTURE_2D, 0, 0, 0, 0, 0, width, rows);
  gl.bindFramebuffer(gl.READ_FRAMEBUFFER, null);
  gl.deleteFramebuffer(frame);
}

/** `perRow * texelsPerSplat` must not be above the largest texture side, `maxRows` neither. */
export function createWordTexture(gl: WebGL2RenderingContext, texelsPerSplat: number, perRow: number, maxRows: number): WordTexture {
  const width = perRow * texelsPerSplat;
  let texture: WebGLTexture | null = null;
  let rows = 0;

  const writeRect = (x: number, y: number, splats: number, high: number, words: Uint32Array, from: number): void =>
    gl.texSubImage2D(gl.TEXTURE_2D, 0, x * texelsPerSplat, y, splats * texelsPerSplat, high, gl.RGBA_INTEGER, gl.UNSIGNED_INT, words, from);

  return {
    get texture() {
      return texture;
    },
    perRow,
    get rows() {
      return rows;
    },
    reserve(splats) {
      const needed = Math.ceil(splats / perRow);
      if (needed <= rows) return true;
      if (needed > maxRows) return false;
      const grown = Math.min(maxRows, Math.max(needed, Math.ceil(rows * 1.5)));
      while (gl.getError() !== gl.NO_ERROR && !gl.isContextLost());
      const larger = emptyTexture(gl, gl.RGBA32UI, width, grown);
      if (gl.getError() === gl.OUT_OF_MEMORY) {
        gl.deleteTexture(larger);
        return false;
      }
      if (texture) copyRows(gl, texture, larger, width, rows);
      gl.deleteTexture(texture);
      [texture, rows] = [larger, grown];
      return true;
    },
    write(first, words) {
      gl.bindTexture(gl.TEXTURE_2D, texture);
      const wordsPerSplat = 4 * texelsPerSplat;
      const end = first + words.length / wordsPerSplat;
      for (let at = first; at < end;) {
        const x = at % perRow;
        const whole = x === 0 && end - at >= perRow;
        const high = whole ? Math.floor((end - at) / perRow) : 1;
        const splats = whole ? perRow : Math.min(perRow - x, end - at);
        writeRect(x, Math.floor(at / perRow), splats, high, words, (at - first) * wordsPerSplat);
        at += splats * high;
      }
    },
    bytes: () => 16 * width * rows,
    dispose() {
      gl.deleteTexture(texture);
      [texture, rows] = [null, 0];
    },
  };
}
