/**
 * The scene attribute: a scene.json becomes attributes that stand behind the element's own, and hotspot buttons in the element.
 * Invariant: what an earlier scene.json put there is gone when another takes its place; hotspots of the page with the same slot win.
 */
import type { Failure } from '../core/job/failure.ts';
import type { ParsedScene } from '../core/scene/sceneSettings.ts';
import type { Settings } from './attributeReader.ts';
import type { AttributeName } from './attributes.ts';
import { deviceBudget } from './settings/deviceBudget.ts';
import { loadScene } from './settings/loadScene.ts';
import { hotspotButtons, sceneAttributes } from './settings/sceneAttributes.ts';

export interface SceneFile {
  /** Why the last one could not be had; null when it could, or none was asked for. */
  readonly failure: Failure | null;
  /** What in it was not used. */
  readonly warnings: readonly Failure[];
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
  let failure: Failure | null = null;
  let warnings: Failure[] = [];

  function clear(): AttributeName[] {
    for (const button of buttons) button.remove();
    buttons = [];
    warnings = [];
    return settings.setScene({});
  }

  /** What the scene stands for takes the place of what the one before stood for. */
  function adopt({ settings: scene, warnings: unused }: ParsedScene, url: string, drawnBy: 'webgpu' | 'webgl2'): AttributeName[] {
    const before = clear();
    warnings = unused.map((detail) => ({ code: 'bad-file', detail, file: url }));
    const limits = { maxSplats: settings.read('max-splats'), budget: deviceBudget(drawnBy) };
    const taken = new Set([...host.children].map(({ slot }) => slot));
    buttons = hotspotButtons(host.ownerDocument, scene.hotspots).filter(({ slot }) => !taken.has(slot));
    host.append(...buttons);
    return [...new Set([...before, ...settings.setScene(sceneAttributes(scene, url, limits))])];
  }

  return {
    get failure() {
      return failure;
    },
    get warnings() {
      return warnings;
    },
    async load(url, backend) {
      controller.abort();
      controller = new AbortController();
      const { signal } = controller;
      failure = null;
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
      if (parsed.ok) hooks.changed(adopt(parsed.value, absolute, drawnBy));
      else {
        failure = parsed.failure;
        hooks.failed(failure);
      }
    },
    dispose() {
      controller.abort();
      clear();
    },
  };
}
