/** The attribute table and what it says about the element, without a browser. */
import { describe, expect, test } from 'vitest';
import {
  type AttributeName,
  type AttributeProperties,
  attributeNames,
  attributes,
  readAttribute,
  reflectAttributes,
  upgradeProperties,
} from '../../../src/viewer/attributes.ts';
import { createSettings } from '../../../src/viewer/attributeReader.ts';
import { SplatViewerElement } from '../../../src/viewer/element.ts';
import { methods, properties } from '../../../src/viewer/publicApi.ts';
import { english, fill, stringsOf } from '../../../src/viewer/strings.ts';

/** As much of an element as reflection needs. */
class FakeElement {
  readonly raw = new Map<string, string>();
  getAttribute(name: string): string | null {
    return this.raw.get(name) ?? null;
  }
  setAttribute(name: string, value: string): void {
    this.raw.set(name, value);
  }
  removeAttribute(name: string): void {
    this.raw.delete(name);
  }
}
reflectAttributes(FakeElement.prototype);
const fake = (): FakeElement & AttributeProperties => new FakeElement() as FakeElement & AttributeProperties;

describe('the table', () => {
  // The names of <model-viewer> that a splat can have, from its documentation.
  const shared =
    'src alt poster loading reveal with-credentials camera-controls camera-orbit camera-target field-of-view min-camera-orbit max-camera-orbit min-field-of-view max-field-of-view interpolation-decay orbit-sensitivity zoom-sensitivity pan-sensitivity disable-zoom disable-pan disable-tap touch-action interaction-prompt interaction-prompt-threshold auto-rotate auto-rotate-delay rotation-per-second orientation exposure a11y';

  test('has the attributes of <model-viewer> and the ones of splats', () => {
    const missing = [...shared.split(' '), 'background', 'max-splats', 'mode', 'crop', 'scene'].filter((name) => !(name in attributes));
    expect(missing).toEqual([]);
  });

  test('names each property as HTML does: the attribute in camel case', () => {
    for (const name of attributeNames)
      expect(attributes[name].property).toBe(name.replace(/-(\w)/g, (_, letter: string) => letter.toUpperCase()));
  });

  test('describes every method and property of the class, and nothing else', () => {
    const descriptors = Object.getOwnPropertyDescriptors(SplatViewerElement.prototype) as Record<string, PropertyDescriptor>;
    const own = Object.keys(descriptors).filter((name) => name !== 'constructor' && !name.endsWith('Callback'));
    const reflected = new Set<string>(attributeNames.map((name) => attributes[name].property));
    expect(own.filter((name) => descriptors[name].value !== undefined).sort()).toEqual(Object.keys(methods).sort());
    const accessors = own.filter((name) => descriptors[name].get && !reflected.has(name));
    expect(accessors.sort()).toEqual(Object.keys(properties).sort());
  });
});

describe('reflection', () => {
  test('goes both ways for each type', () => {
    const element = fake();
    element.src = 'a.ply';
    element.cameraControls = true;
    element.exposure = 1.5;
    element.loading = 'lazy';
    expect([...element.raw]).toEqual([
      ['src', 'a.ply'],
      ['camera-controls', ''],
      ['exposure', '1.5'],
      ['loading', 'lazy'],
    ]);
    expect([element.src, element.cameraControls, element.exposure, element.loading]).toEqual(['a.ply', true, 1.5, 'lazy']);
    element.src = null;
    element.cameraControls = false;
    expect([...element.raw.keys()]).toEqual(['exposure', 'loading']);
  });

  test('reads what makes no sense as the default', () => {
    const element = fake();
    const bad: [AttributeName, string, unknown][] = [
      ['loading', 'soon', 'auto'],
      ['exposure', 'bright', 1],
      ['exposure', '', 1],
      ['max-splats', 'NaN', null],
      ['interpolation-decay', 'Infinity', 50],
      ['mode', 'walk', 'orbit'],
    ];
    for (const [name, text, value] of bad) {
      element.setAttribute(name, text);
      expect(readAttribute(element, name)).toBe(value);
    }
  });

  test('finds properties that were set before the upgrade', () => {
    const element = fake();
    Object.defineProperty(element, 'src', { value: 'early.ply', configurable: true, writable: true, enumerable: true });
    expect(element.raw.size).toBe(0);
    upgradeProperties(element, ['src', 'alt']);
    expect([...element.raw]).toEqual([['src', 'early.ply']]);
    expect(Object.hasOwn(element, 'src')).toBe(false);
  });
});

describe('settings of a scene.json', () => {
  test('stand behind the attributes of the element', () => {
    const element = fake();
    element.alt = 'Mine';
    const settings = createSettings(element);
    expect(settings.setScene({ alt: 'Theirs', exposure: '2', src: 'x.spz' })).toEqual(['exposure', 'src']);
    expect([settings.read('alt'), settings.read('exposure'), settings.read('src')]).toEqual(['Mine', 2, 'x.spz']);
    expect(settings.setScene({ src: 'x.spz' })).toEqual(['exposure']);
    expect(settings.read('exposure')).toBe(1);
  });
});

describe('words', () => {
  test('come from a11y where it has them', () => {
    const strings = stringsOf('{"loading":"Lädt.","reload":7,"front":"von vorn"}');
    expect([strings.loading, strings.reload, strings.extra.front]).toEqual(['Lädt.', english.reload, 'von vorn']);
  });

  test.each(['{', '[1]', '"x"', 'null', ''])('survive %s', (text) => expect(stringsOf(text).loaded).toBe(english.loaded));

  test('fill in what is known and leave the rest', () => {
    expect(fill('{index} of {count}: {name}', { index: 1, count: 3 })).toBe('1 of 3: {name}');
    expect(fill('{constructor}', {})).toBe('{constructor}');
  });
});
