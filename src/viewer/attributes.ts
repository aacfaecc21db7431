/**
 * The attributes of <splat-viewer>: one table from which observedAttributes, the properties that reflect them and the custom-elements
 * manifest are made. Names and meanings follow <model-viewer> where it has them.
 * Invariant: a property reads its attribute every time, so the two cannot differ; a value that makes no sense reads as the default.
 */
interface Described {
  /** Name of the property that reflects the attribute. */
  property: string;
  doc: string;
}
export interface TextAttribute extends Described {
  type: 'text';
  /** Null where the attribute has no default. */
  default: string | null;
}
export interface FlagAttribute extends Described {
  type: 'flag';
  default: false;
}
export interface NumberAttribute extends Described {
  type: 'number';
  default: number | null;
}
export interface ChoiceAttribute extends Described {
  type: 'choice';
  choices: readonly string[];
  default: string;
}
export type Attribute = TextAttribute | FlagAttribute | NumberAttribute | ChoiceAttribute;

const text = <P extends string, D extends string | null>(property: P, fallback: D, doc: string) =>
  ({ type: 'text', property, default: fallback, doc }) as const;
const flag = <P extends string>(property: P, doc: string) => ({ type: 'flag', property, default: false, doc }) as const;
const number = <P extends string, D extends number | null>(property: P, fallback: D, doc: string) =>
  ({ type: 'number', property, default: fallback, doc }) as const;
const choice = <P extends string, const C extends readonly string[]>(property: P, choices: C, doc: string) =>
  ({ type: 'choice', property, choices, default: choices[0] as C[number], doc }) as const;

export const attributes = {
  src: text('src', null, 'URL of the splat file: .ply, compressed .ply, .splat, .ksplat, .spz, .sog, .gltf or .glb.'),
  alt: text('alt', null, 'What the scene shows, in words, for people who do not see it.'),
  poster: text('poster', null, 'URL of a picture shown until the scene is there.'),
  loading: choice(
    'loading',
    ['auto', 'lazy', 'eager'],
    'When to load: eager at once, auto when the element comes within two screens of the visible part of the page, lazy just before it is seen.',
  ),
  reveal: choice(
    'reveal',
    ['auto', 'manual'],
    'When the poster goes: auto when the whole scene is there, manual when dismissPoster() is called. Without a poster the scene is shown while it loads.',
  ),
  scene: text(
    'scene',
    null,
    'URL of a scene.json: start camera, crop, background, hotspots and files. Attributes of the element win over it.',
  ),
  'with-credentials': flag('withCredentials', 'Sends cookies along when the file comes from another origin.'),
  'max-splats': number('maxSplats', null, 'Most splats to keep; those that cover most of the picture are kept.'),
  mode: choice('mode', ['orbit', 'fly'], 'How the camera moves: around its target, or freely with the keys W A S D.'),
  'camera-controls': flag('cameraControls', 'Lets people move the camera by mouse, touch and keyboard.'),
  'camera-orbit': text('cameraOrbit', 'auto auto auto', 'Where the camera stands: "theta phi radius", in deg, rad, m, cm, mm, % or auto.'),
  'camera-target': text('cameraTarget', 'auto auto auto', 'What the camera looks at: "x y z" in metres, auto for the middle of the scene.'),
  'field-of-view': text('fieldOfView', 'auto', 'Field of view of the shorter side of the element, in deg or rad.'),
  'min-camera-orbit': text('minCameraOrbit', 'auto auto auto', 'Lower limits of theta, phi and radius.'),
  'max-camera-orbit': text('maxCameraOrbit', 'auto auto auto', 'Upper limits of theta, phi and radius.'),
  'min-field-of-view': text('minFieldOfView', 'auto', 'Narrowest field of view.'),
  'max-field-of-view': text('maxFieldOfView', 'auto', 'Widest field of view.'),
  'interpolation-decay': number('interpolationDecay', 50, 'How slowly the camera comes to rest where it is going, in milliseconds.'),
  'orbit-sensitivity': number('orbitSensitivity', 1, 'Factor on the speed of turning.'),
  'zoom-sensitivity': number('zoomSensitivity', 1, 'Factor on the speed of zooming.'),
  'pan-sensitivity': number('panSensitivity', 1, 'Factor on the speed of panning.'),
  'disable-zoom': flag('disableZoom', 'No zooming by people.'),
  'disable-pan': flag('disablePan', 'No panning by people.'),
  'disable-tap': flag('disableTap', 'A double tap or double click does not move the camera target to the point under it.'),
  'touch-action': choice(
    'touchAction',
    ['pan-y', 'pan-x', 'none'],
    'Direction in which one finger scrolls the page and does not turn the camera.',
  ),
  'auto-rotate': flag('autoRotate', 'Turns the camera slowly when nobody does. Not where people prefer reduced motion.'),
  'auto-rotate-delay': number('autoRotateDelay', 3000, 'Milliseconds of quiet before auto-rotate begins.'),
  'rotation-per-second': text('rotationPerSecond', '6deg', 'Speed of auto-rotate, in deg or rad, negative for the other way.'),
  'interaction-prompt': choice('interactionPrompt', ['auto', 'none'], 'Whether a hint shows that the scene can be turned.'),
  'interaction-prompt-threshold': number('interactionPromptThreshold', 3000, 'Milliseconds of quiet before the hint shows.'),
  orientation: text('orientation', '0 0 0', 'Turns the scene: "roll pitch yaw" about z, x and y, in deg or rad.'),
  crop: text('crop', null, 'Box outside which splats are not drawn: "x0 y0 z0 x1 y1 z1" in world coordinates.'),
  background: text('background', 'transparent', 'A CSS colour behind the splats, or transparent.'),
  exposure: number('exposure', 1, 'Factor on the brightness of the splats.'),
  controls: flag('controls', 'Shows buttons to zoom, to go back to the first view and to fill the screen.'),
  xr: flag('xr', 'Shows buttons to enter VR and AR where the browser offers them.'),
  a11y: text('a11y', null, 'Words in another language: a JSON object with the keys of the string table.'),
} as const satisfies Record<string, Attribute>;

export type AttributeName = keyof typeof attributes;
export const attributeNames = Object.keys(attributes) as AttributeName[];

type ValueOf<A extends Attribute> = A extends { type: 'flag' }
  ? boolean
  : A extends ChoiceAttribute
    ? A['choices'][number]
    : A extends NumberAttribute
      ? number | Extract<A['default'], null>
      : string | Extract<A['default'], null>;

/** The type of an attribute's property. */
export type AttributeValue<N extends AttributeName> = ValueOf<(typeof attributes)[N]>;

/** The properties of the element that reflect attributes. */
export type AttributeProperties = {
  [N in AttributeName as (typeof attributes)[N]['property']]: AttributeValue<N>;
};

/** What an attribute's text means; null for a missing attribute. */
export function valueOf(attribute: Attribute, raw: string | null): string | number | boolean | null {
  if (attribute.type === 'flag') return raw !== null;
  if (raw === null) return attribute.default;
  if (attribute.type === 'choice') return attribute.choices.includes(raw) ? raw : attribute.default;
  if (attribute.type === 'text') return raw;
  const value = raw.trim() === '' ? NaN : Number(raw);
  return Number.isFinite(value) ? value : attribute.default;
}

type HasAttributes = Pick<Element, 'getAttribute' | 'setAttribute' | 'removeAttribute'>;

/** The value of an attribute of an element, with the type of its property. */
export function readAttribute<N extends AttributeName>(element: Pick<HasAttributes, 'getAttribute'>, name: N): AttributeValue<N> {
  return valueOf(attributes[name], element.getAttribute(name)) as AttributeValue<N>;
}

function writeAttribute(element: HasAttributes, name: AttributeName, value: string | number | boolean | null | undefined): void {
  if (value === null || value === undefined || value === false) element.removeAttribute(name);
  else element.setAttribute(name, value === true ? '' : String(value));
}

/** Gives a prototype one accessor for every attribute. */
export function reflectAttributes(prototype: object): void {
  for (const name of attributeNames) {
    Object.defineProperty(prototype, attributes[name].property, {
      configurable: true,
      enumerable: true,
      get(this: HasAttributes) {
        return readAttribute(this, name);
      },
      set(this: HasAttributes, value: string | number | boolean | null | undefined) {
        writeAttribute(this, name, value);
      },
    });
  }
}

/** Sets properties that were set before the element was upgraded once more, so that they reach the accessors they hid. */
export function upgradeProperties(element: object, names: readonly string[]): void {
  for (const name of names) {
    if (!Object.hasOwn(element, name)) continue;
    const value = (element as Record<string, unknown>)[name];
    delete (element as Record<string, unknown>)[name];
    (element as Record<string, unknown>)[name] = value;
  }
}
