/**
 * Where the element's settings come from: its own attribute, else the scene.json's, else the default.
 * Invariant: nothing is cached; what is read is what holds now.
 */
import { type AttributeName, type AttributeValue, attributes, valueOf } from './attributes.ts';

export interface AttributeReader {
  <N extends AttributeName>(name: N): AttributeValue<N>;
}

export interface Settings {
  read: AttributeReader;
  /** The attributes a scene.json stands for; {} for none. Gives back the names whose value changed for the element. */
  setScene(scene: Partial<Record<AttributeName, string>>): AttributeName[];
}

export function createSettings(host: Pick<Element, 'getAttribute'>): Settings {
  let fromScene: Partial<Record<AttributeName, string>> = {};
  const raw = (name: AttributeName) => host.getAttribute(name) ?? fromScene[name] ?? null;
  return {
    read: <N extends AttributeName>(name: N) => valueOf(attributes[name], raw(name)) as AttributeValue<N>,
    setScene(scene) {
      const before = fromScene;
      fromScene = scene;
      const names = Object.keys({ ...before, ...scene }) as AttributeName[];
      return names.filter((name) => host.getAttribute(name) === null && before[name] !== scene[name]);
    },
  };
}
