/**
 * Hotspots as the page writes them: children with slot="hotspot-..." and where each stands.
 * Invariant: one hotspot per slot name, in the order of the first child that names it; each has one box in the shadow tree, kept while
 * the name is there.
 */
import type { Vector3 } from '../core/math/rotation.ts';
import { parsePoint } from './places.ts';

export type HotspotSight = 'seen' | 'behind' | 'outside';

export interface Hotspot {
  name: string;
  /** Children of the element in this slot. */
  elements: HTMLElement[];
  /** What is moved over the picture. */
  box: HTMLDivElement;
  position: Vector3;
  normal: Vector3 | null;
  sight: HotspotSight;
}

const isHotspot = (child: Element): child is HTMLElement => child.slot.startsWith('hotspot');

function newBox(layer: HTMLElement, name: string): HTMLDivElement {
  const box = layer.ownerDocument.createElement('div');
  box.className = 'hotspot outside';
  const slot = layer.ownerDocument.createElement('slot');
  slot.name = name;
  box.append(slot);
  layer.append(box);
  return box;
}

/** Reads the children again. Hotspots that stay keep their box and whether they were seen; a child without a position is at the origin. */
export function readHotspots(host: HTMLElement, layer: HTMLElement, before: readonly Hotspot[]): Hotspot[] {
  const found = new Map<string, Hotspot>();
  for (const child of host.children) {
    if (!isHotspot(child)) continue;
    const known = found.get(child.slot);
    if (known) {
      known.elements.push(child);
      continue;
    }
    const kept = before.find((hotspot) => hotspot.name === child.slot);
    found.set(child.slot, {
      name: child.slot,
      elements: [child],
      box: kept?.box ?? newBox(layer, child.slot),
      position: parsePoint(child.dataset.position) ?? [0, 0, 0],
      normal: parsePoint(child.dataset.normal),
      sight: kept?.sight ?? 'outside',
    });
  }
  for (const hotspot of before) if (!found.has(hotspot.name)) hotspot.box.remove();
  return [...found.values()];
}

/** Marks a hotspot as seen or not, and tells its elements when that changed. */
export function setSight(hotspot: Hotspot, sight: HotspotSight): void {
  const before = hotspot.sight;
  hotspot.sight = sight;
  hotspot.box.classList.toggle('behind', sight === 'behind');
  hotspot.box.classList.toggle('outside', sight === 'outside');
  const visible = sight === 'seen';
  for (const element of hotspot.elements) {
    const attribute = element.dataset.visibilityAttribute;
    if (attribute) element.toggleAttribute(`data-${attribute}`, visible);
    if (visible !== (before === 'seen')) {
      element.dispatchEvent(new CustomEvent('hotspot-visibility', { detail: { visible }, bubbles: true }));
    }
  }
}
