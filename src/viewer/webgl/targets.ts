/**
 * Textures that are drawn into, with their framebuffers.
 * Invariant: a target has the size last asked for, and its old memory is freed before the new is taken.
 */
import { emptyTexture } from './wordTexture.ts';

export interface Target {
  readonly framebuffer: WebGLFramebuffer | null;
  readonly textures: readonly WebGLTexture[];
  readonly width: number;
  readonly height: number;
  /** Gives it this size, at least one pixel; what it held is gone when the size changes. */
  resize(width: number, height: number): void;
  bytes(): number;
  dispose(): void;
}

/** A framebuffer with `count` colour textures of one format. */
export function createTarget(gl: WebGL2RenderingContext, format: GLenum, bytesPerTexel: number, count = 1): Target {
  let framebuffer: WebGLFramebuffer | null = null;
  let textures: WebGLTexture[] = [];
  let [width, height] = [0, 0];
  const dispose = (): void => {
    gl.deleteFramebuffer(framebuffer);
    for (const texture of textures) gl.deleteTexture(texture);
    [framebuffer, textures, width, height] = [null, [], 0, 0];
  };
  return {
    get framebuffer() {
      return framebuffer;
    },
    get textures() {
      return textures;
    },
    get width() {
      return width;
    },
    get height() {
      return height;
    },
    resize(askedWidth, askedHeight) {
      const [newWidth, newHeight] = [Math.max(1, askedWidth), Math.max(1, askedHeight)];
      if (newWidth === width && newHeight === height) return;
      dispose();
      [width, height] = [newWidth, newHeight];
      framebuffer = gl.createFramebuffer();
      gl.bindFramebuffer(gl.FRAMEBUFFER, framebuffer);
      const places: GLenum[] = [];
      for (let k = 0; k < count; k++) {
        const [texture, place] = [emptyTexture(gl, format, width, height), gl.COLOR_ATTACHMENT0 + k];
        gl.framebufferTexture2D(gl.FRAMEBUFFER, place, gl.TEXTURE_2D, texture, 0);
        textures.push(texture);
        places.push(place);
      }
      gl.drawBuffers(places);
    },
    bytes: () => bytesPerTexel * count * width * height,
    dispose,
  };
}

/** The format splats are blended in: halves where they can be drawn into, else bytes. */
export function blendFormat(gl: WebGL2RenderingContext): { format: GLenum; bytesPerTexel: number } {
  const halves = gl.getExtension('EXT_color_buffer_float') ?? gl.getExtension('EXT_color_buffer_half_float');
  return halves ? { format: gl.RGBA16F, bytesPerTexel: 8 } : { format: gl.RGBA8, bytesPerTexel: 4 };
}
