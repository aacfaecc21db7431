/** The page's side of the viewer tests: the element's class without a definition, so that a test decides when it is defined. */
import { type Splats, emptySplats } from '../../../src/core/scene/splats.ts';
import type { SplatViewerElement } from '../../../src/viewer/index.ts';

declare global {
  var viewerPage: {
    define(): Promise<void>;
    wall(): Splats;
    /** Puts markup into the page and gives back the first viewer in it. */
    mount(html: string): SplatViewerElement;
    /** Details of events of a viewer, as they come. */
    heard(viewer: SplatViewerElement, types: string[]): { type: string; detail: unknown }[];
  };
}

const sh0 = 0.28209479177387814;

/**
 * A wall of flat, nearly opaque splats in the world's plane z = 0, from -1 to 1 in x and y: red where x < 0, green where x > 0. In the
 * file x and y are turned round.
 */
function wall(): Splats {
  const side = 24;
  const splats = emptySplats(side * side, 0);
  for (let i = 0; i < splats.count; i++) {
    const x = ((i % side) + 0.5) / (side / 2) - 1;
    const y = (Math.floor(i / side) + 0.5) / (side / 2) - 1;
    splats.means.set([-x, -y, 0], 3 * i);
    splats.logScales.set([Math.log(0.07), Math.log(0.07), Math.log(0.002)], 3 * i);
    splats.quats.set([1, 0, 0, 0], 4 * i);
    splats.opacityLogits[i] = 5;
    const [r, g] = x < 0 ? [1, 0] : [0, 1];
    splats.sh.set([(r - 0.5) / sh0, (g - 0.5) / sh0, -0.5 / sh0], 3 * i);
  }
  return splats;
}

globalThis.viewerPage = {
  async define() {
    await import('../../../src/viewer/define.ts');
  },
  wall,
  mount(html) {
    const place = document.querySelector('#place') as HTMLElement;
    place.innerHTML = html;
    return place.querySelector('splat-viewer') as unknown as SplatViewerElement;
  },
  heard(viewer, types) {
    const list: { type: string; detail: unknown }[] = [];
    for (const type of types)
      viewer.addEventListener(type, (event) => list.push({ type, detail: (event as CustomEvent).detail as unknown }));
    return list;
  },
};
