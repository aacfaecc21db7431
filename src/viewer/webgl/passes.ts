/**
 * The three passes of a picture: every splat is projected once into a cache, the quads are blended back to front, and the result is put on
 * a background.
 * Invariant: the passes hold no splats and no camera; what they draw is decided by their arguments alone.
 */
import { matrixOfQuaternion } from '../../core/math/rotation.ts';
import { cameraCentre } from '../../core/math/pose.ts';
import { scaleHigh, scaleLow } from '../../core/view/packedSplats.ts';
import type { ViewFrame } from '../../core/view/splatRenderer.ts';
import { orderRow } from '../../core/view/splatSorter.ts';
import { createProgram } from './glProgram.ts';
import type { OrderTexture } from './orderTexture.ts';
import { projectGlsl } from './projectGlsl.ts';
import { coverGlsl, quadFragmentGlsl, quadVertexGlsl, resolveGlsl, splatsPerInstance } from './quadGlsl.ts';
import type { SplatStore } from './splatStore.ts';
import type { Target } from './targets.ts';

export interface Passes {
  /** Projects all splats of the store into `cache`, two texels of words per splat. */
  project(store: SplatStore, antialiased: boolean, frame: ViewFrame, cache: Target): void;
  /** Clears `target` and blends the splats of `order` into it. */
  blend(cache: Target, order: OrderTexture, target: Target): void;
  /**
   * Puts the blended splats on the background into a framebuffer (null: the canvas), in a rectangle of the target's size whose lower left
   * corner is at `corner`.
   */
  resolve(
    target: Target,
    background: ViewFrame['background'],
    into: WebGLFramebuffer | null,
    straight: boolean,
    corner?: readonly [number, number],
  ): void;
  dispose(): void;
}

const everywhere = 3.4e38;

/** Two triangles per splat over four corners, for one instance. */
function quadIndices(): Uint16Array {
  const out = new Uint16Array(6 * splatsPerInstance);
  for (let k = 0; k < splatsPerInstance; k++) out.set([0, 1, 2, 2, 1, 3].map((corner) => 4 * k + corner), 6 * k); // prettier-ignore
  return out;
}

export function createPasses(gl: WebGL2RenderingContext): Passes {
  const projecting = createProgram(gl, coverGlsl, projectGlsl);
  const blending = createProgram(gl, quadVertexGlsl, quadFragmentGlsl);
  const resolving = createProgram(gl, coverGlsl, resolveGlsl);
  const nothing = gl.createVertexArray();
  const quads = gl.createVertexArray();
  const indices = gl.createBuffer();
  gl.bindVertexArray(quads);
  gl.bindBuffer(gl.ELEMENT_ARRAY_BUFFER, indices);
  gl.bufferData(gl.ELEMENT_ARRAY_BUFFER, quadIndices(), gl.STATIC_DRAW);
  gl.bindVertexArray(null);
  gl.disable(gl.DEPTH_TEST);
  gl.disable(gl.CULL_FACE);
  gl.disable(gl.DITHER);

  const bind = (unit: number, texture: WebGLTexture | null): void => {
    gl.activeTexture(gl.TEXTURE0 + unit);
    gl.bindTexture(gl.TEXTURE_2D, texture);
  };
  const drawInto = (framebuffer: WebGLFramebuffer | null, width: number, height: number): void => {
    gl.bindFramebuffer(gl.FRAMEBUFFER, framebuffer);
    gl.viewport(0, 0, width, height);
  };
  const cover = (): void => {
    gl.bindVertexArray(nothing);
    gl.drawArrays(gl.TRIANGLES, 0, 3);
  };

  const setFrame = ({ view, near, exposure, crop }: ViewFrame): void => {
    const at = projecting.at;
    const r = matrixOfQuaternion(view.pose.q);
    const t = view.pose.t;
    gl.uniform4f(at('rotationX'), r[0], r[1], r[2], t[0]);
    gl.uniform4f(at('rotationY'), r[3], r[4], r[5], t[1]);
    gl.uniform4f(at('rotationZ'), r[6], r[7], r[8], t[2]);
    gl.uniform4f(at('lens'), view.fx, view.fy, view.cx, view.cy);
    gl.uniform2f(at('size'), view.widthPx, view.heightPx);
    gl.uniform3f(at('centre'), ...cameraCentre(view.pose));
    gl.uniform3f(at('cropLow'), ...(crop?.low ?? ([-everywhere, -everywhere, -everywhere] as const)));
    gl.uniform3f(at('cropHigh'), ...(crop?.high ?? ([everywhere, everywhere, everywhere] as const)));
    gl.uniform1f(at('near'), near);
    gl.uniform1f(at('exposure'), exposure);
    gl.uniform1f(at('scaleLow'), scaleLow);
    gl.uniform1f(at('scaleRange'), scaleHigh - scaleLow);
  };

  return {
    project(store, antialiased, frame, cache) {
      const rows = Math.ceil(store.count / store.geometry.perRow);
      const at = projecting.at;
      projecting.use();
      gl.disable(gl.BLEND);
      bind(0, store.geometry.texture);
      bind(1, store.sh?.texture ?? store.geometry.texture);
      gl.uniform1i(at('geometry'), 0);
      gl.uniform1i(at('sh'), 1);
      gl.uniform1i(at('perRow'), store.geometry.perRow);
      gl.uniform1i(at('count'), store.count);
      gl.uniform1i(at('shPerRow'), store.sh?.perRow ?? 1);
      gl.uniform1i(at('shTexels'), store.shTexels);
      gl.uniform1i(at('shDegree'), Math.max(0, Math.min(frame.shDegree, store.shDegree)));
      gl.uniform1i(at('antialiased'), antialiased ? 1 : 0);
      setFrame(frame);
      drawInto(cache.framebuffer, cache.width, rows);
      cover();
    },
    blend(cache, order, target) {
      blending.use();
      drawInto(target.framebuffer, target.width, target.height);
      gl.clearColor(0, 0, 0, 0);
      gl.clear(gl.COLOR_BUFFER_BIT);
      if (order.count === 0) return;
      gl.enable(gl.BLEND);
      gl.blendFunc(gl.ONE, gl.ONE_MINUS_SRC_ALPHA);
      [order.texture, ...cache.textures].forEach((texture, unit) => bind(unit, texture));
      ['order', 'shapes', 'looks'].forEach((name, unit) => gl.uniform1i(blending.at(name), unit));
      gl.uniform1i(blending.at('count'), order.count);
      gl.uniform1i(blending.at('orderShift'), Math.log2(orderRow));
      gl.uniform1i(blending.at('splatShift'), Math.log2(cache.width));
      gl.uniform2f(blending.at('size'), target.width, target.height);
      gl.bindVertexArray(quads);
      const instances = Math.ceil(order.count / splatsPerInstance);
      gl.drawElementsInstanced(gl.TRIANGLES, 6 * splatsPerInstance, gl.UNSIGNED_SHORT, 0, instances);
      gl.disable(gl.BLEND);
    },
    resolve(target, background, into, straight, corner = [0, 0]) {
      resolving.use();
      gl.disable(gl.BLEND);
      bind(0, target.textures[0]);
      gl.uniform1i(resolving.at('blended'), 0);
      gl.uniform1i(resolving.at('straight'), straight ? 1 : 0);
      gl.uniform4f(resolving.at('background'), ...background);
      gl.uniform2i(resolving.at('corner'), corner[0], corner[1]);
      gl.bindFramebuffer(gl.FRAMEBUFFER, into);
      gl.viewport(corner[0], corner[1], target.width, target.height);
      cover();
    },
    dispose() {
      for (const program of [projecting, blending, resolving]) program.dispose();
      gl.deleteVertexArray(nothing);
      gl.deleteVertexArray(quads);
      gl.deleteBuffer(indices);
    },
  };
}
