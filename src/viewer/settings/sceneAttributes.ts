/**
 * Scene settings in the words of the element: the attributes that a scene.json stands for. The element reads its own attribute first and
 * these where it has none, so that a page can change one thing and keep the rest.
 * Invariant: every value reads back, through the parser of its attribute, as what the settings say.
 */
import { chooseFile } from '../../core/scene/sceneSettingsFiles.ts';
import { orbitOf } from '../../core/scene/sceneSettingsOrbit.ts';
import type { SceneCamera, SceneHotspot, SceneSettings, Triple } from '../../core/scene/sceneSettingsTypes.ts';
import type { AttributeName } from '../attributes.ts';

export type SceneAttributes = Partial<Record<AttributeName, string>>;

/** Attribute texts of a camera: `camera-orbit`, `camera-target` and, where the scene says so, `field-of-view`. */
export function cameraAttributes(camera: SceneCamera): SceneAttributes {
  const { target, theta, phi, radius, fov } = orbitOf(camera);
  return {
    'camera-orbit': `${theta}rad ${phi}rad ${radius}m`,
    'camera-target': target.map((coordinate) => `${coordinate}m`).join(' '),
    ...(fov === null ? {} : { 'field-of-view': `${fov}rad` }),
  };
}

const bytes = (channel: number) => Math.round(channel * 255);

/**
 * @param settings of the scene
 * @param baseUrl where scene.json came from: its addresses are relative to it
 * @param limits the element's own `max-splats` (null for none) and the device's budget, see deviceBudget.ts
 */
export function sceneAttributes(
  settings: SceneSettings,
  baseUrl: string,
  limits: { maxSplats: number | null; budget: number },
): SceneAttributes {
  const { title, poster, files, orientationDeg, camera, crop, background, exposure } = settings;
  const file = chooseFile(files, limits.maxSplats, limits.budget);
  return {
    ...(file && { src: new URL(file.url, baseUrl).href }),
    ...(poster !== null && { poster: new URL(poster, baseUrl).href }),
    ...(title !== null && { alt: title }),
    ...(camera && cameraAttributes(camera)),
    ...(orientationDeg.some((angle) => angle !== 0) && { orientation: orientationDeg.map((angle) => `${angle}deg`).join(' ') }),
    ...(crop && { crop: [...crop.low, ...crop.high].join(' ') }),
    ...(background && { background: `rgb(${background.slice(0, 3).map(bytes).join(' ')} / ${background[3]})` }),
    ...(exposure !== 1 && { exposure: String(exposure) }),
  };
}

const inText = (point: Triple) => point.join(' ');

/** What a hotspot's element carries in its data attributes, by dataset name. */
export function hotspotData({ position, normal, camera }: SceneHotspot): Record<string, string> {
  const view = camera && cameraAttributes(camera);
  return {
    position: inText(position),
    ...(normal && { normal: inText(normal) }),
    ...(view && { orbit: view['camera-orbit'] ?? '', target: view['camera-target'] ?? '' }),
  };
}

/** Buttons for a scene's hotspots, to be put into the element; captions are text, never markup. */
export function hotspotButtons(document: Document, hotspots: SceneHotspot[]): HTMLButtonElement[] {
  return hotspots.map((hotspot) => {
    const button = document.createElement('button');
    button.type = 'button';
    button.slot = `hotspot-${hotspot.id}`;
    button.textContent = hotspot.title || hotspot.id;
    if (hotspot.text) {
      button.title = hotspot.text;
      button.setAttribute('aria-description', hotspot.text);
    }
    Object.assign(button.dataset, hotspotData(hotspot));
    return button;
  });
}
