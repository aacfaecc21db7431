/**
 * Drawing for a headset with WebGL2: a canvas of its own that nobody sees, and the session's framebuffer.
 * Invariant: the context is made for the headset's graphics card from the start, since moving it there later would lose it.
 */
import { type Result, fail, ok } from '../../core/job/failure.ts';
import { createWebGlSplatRenderer } from '../webgl/webglSplatRenderer.ts';
import type { XrSession, XrWebGlLayerClass } from './webxrTypes.ts';
import type { XrDrawing } from './xrDrawing.ts';

type XrContext = WebGL2RenderingContext & { makeXRCompatible?: () => Promise<void> };

const textOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

function contextFor(canvas: HTMLCanvasElement): XrContext | null {
  // The renderer asks the canvas again and gets this context.
  const settings = { alpha: true, premultipliedAlpha: true, antialias: false, depth: false, stencil: false, xrCompatible: true };
  return canvas.getContext('webgl2', settings) as XrContext | null;
}

/** Gives the session its layer. Fails with gpu-missing where WebGL2 is missing or cannot reach the headset; the session is the caller's. */
export async function openWebGlEyes(session: XrSession, document: Document, resolution: number): Promise<Result<XrDrawing>> {
  const Layer = (globalThis as { XRWebGLLayer?: XrWebGlLayerClass }).XRWebGLLayer;
  const canvas = document.createElement('canvas');
  const context = contextFor(canvas);
  if (!Layer || !context) return fail('gpu-missing', 'This browser offers no WebGL2 for headsets.');
  const made = createWebGlSplatRenderer(canvas, () => undefined);
  if (!made.ok) return made;
  const renderer = made.value;
  try {
    await context.makeXRCompatible?.();
    const parts = { alpha: true, antialias: false, depth: false, stencil: false, ignoreDepthValues: true };
    const layer = new Layer(session, context, { ...parts, framebufferScaleFactor: resolution });
    session.updateRenderState({ baseLayer: layer });
    return ok({
      renderer,
      draw(views, frameOf) {
        const eyes = views.flatMap((view) => {
          const viewport = layer.getViewport(view);
          if (!viewport || !(viewport.width > 0 && viewport.height > 0)) return [];
          return [{ frame: frameOf(view, viewport), xPx: viewport.x, yPx: viewport.y }];
        });
        renderer.drawEyes(layer.framebuffer, eyes);
      },
      dispose: () => renderer.dispose(),
    });
  } catch (error) {
    renderer.dispose();
    return fail('gpu-missing', `The headset cannot be drawn to: ${textOf(error)}`);
  }
}
