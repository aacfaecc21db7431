/**
 * The scene attribute: a scene.json becomes attributes that stand behind the element's own, and hotspot buttons in the element.
 * Invariant: what an earlier scene.json put there is gone when another takes its place; hotspots of the page with the same slot win.
 */
import type { Failure } from '../core/job/failure.ts';
import type { Settings } from './attributeReader.ts';
import type { AttributeName } from './attributes.ts';
import { deviceBudget } from './settings/deviceBudget.ts';
import { loadScene } from './settings/loadScene.ts';
import { hotspotButtons, sceneAttributes } from './settings/sceneAttributes.ts';

export interface SceneFile {
  load(url: string | null, backend: () => Promise<'webgpu' | 'webgl2'>): Promise<void>;
  dispose(): void;
}

export function createSceneFile(
  host: HTMLElement,
  settings: Settings,
  hooks: { changed(names: AttributeName[]): void; failed(failure: Failure): void },
): SceneFile {
  let controller = new AbortController();
  let buttons: HTMLElement[] = [];

  function clear(): AttributeName[] {
    for (const button of buttons) button.remove();
    buttons = [];
    return settings.setScene({});
  }

  return {
    async load(url, backend) {
      controller.abort();
      controller = new AbortController();
      const { signal } = controller;
      if (url === null) {
        hooks.changed(clear());
        return;
      }
      const absolute = new URL(url, host.ownerDocument.baseURI).href;
      const [parsed, drawnBy] = await Promise.all([
        loadScene(absolute, { signal, withCredentials: settings.read('with-credentials') }),
        backend(),
      ]);
      if (signal.aborted) return;
      if (!parsed.ok) {
        hooks.failed(parsed.failure);
        return;
      }
      clear();
      const { settings: scene } = parsed.value;
      const limits = { maxSplats: settings.read('max-splats'), budget: deviceBudget(drawnBy) };
      const taken = new Set([...host.children].map(({ slot }) => slot));
      buttons = hotspotButtons(host.ownerDocument, scene.hotspots).filter(({ slot }) => !taken.has(slot));
      host.append(...buttons);
      hooks.changed(settings.setScene(sceneAttributes(scene, absolute, limits)));
    },
    dispose() {
      controller.abort();
      clear();
    },
  };
}
