/**
 * Clicks and taps: what was hit, and on a double tap the camera's target goes there.
 * Invariant: one tap sends one splat-pick at most, none when it hit nothing; a tap changes nothing once stop() was called.
 */
import type { AttributeReader } from './attributeReader.ts';
import type { ViewerCamera } from './viewerCamera.ts';
import { type Pick, send } from './viewerEvents.ts';

export interface Taps {
  tap(clientX: number, clientY: number, double: boolean): Promise<void>;
  stop(): void;
}

export interface TapHooks {
  read: AttributeReader;
  camera(): ViewerCamera;
  pick(clientX: number, clientY: number): Promise<Pick | null>;
  resetView(): void;
}

export function createTaps(host: HTMLElement, { read, camera, pick, resetView }: TapHooks): Taps {
  let stopped = false;
  return {
    async tap(clientX, clientY, double) {
      if (double && (read('disable-tap') || !read('camera-controls'))) return;
      const hit = await pick(clientX, clientY);
      if (stopped) return;
      if (!double) {
        if (hit) send(host, 'splat-pick', { ...hit, clientX, clientY });
        return;
      }
      // A double tap beside the scene goes back to the first view, as in <model-viewer>.
      if (hit) camera().centreOn(hit.position);
      else resetView();
    },
    stop() {
      stopped = true;
    },
  };
}
