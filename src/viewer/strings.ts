/**
 * Every word the element shows or speaks, in English, and how the a11y attribute puts others in their place.
 * Invariant: a key that is missing or not a text in a11y keeps its English words; {name} stands for a value.
 */
export const english = {
  roleDescription: '3D scene',
  unnamed: '3D scene',
  instructions:
    'Arrow keys turn the camera, shift with arrow keys moves it, plus and minus zoom, the keys [ and ] go through the points of interest.',
  flyInstructions:
    'The keys W, A, S and D move the camera, E and Q move it up and down, arrow keys turn it, the keys [ and ] go through the points of interest.',
  loading: 'Loading the scene.',
  loaded: 'The scene is loaded.',
  failed: 'The scene could not be loaded. {reason}',
  gpuMissing: 'This browser offers no way to draw the scene.',
  gpuLost: 'The graphics device stopped working.',
  restoring: 'The graphics device was lost; the scene is loaded again.',
  progress: 'Loading',
  reload: 'Load again',
  prompt: 'Drag to look around',
  zoomIn: 'Zoom in',
  zoomOut: 'Zoom out',
  resetView: 'Back to the first view',
  fullscreen: 'Fill the screen',
  leaveFullscreen: 'Leave full screen',
  viewInVr: 'View in VR',
  viewInAr: 'View in AR',
  exitXr: 'Leave',
  hotspot: 'Point {index} of {count}: {name}',
} as const;

export type StringKey = keyof typeof english;
export type Strings = Record<StringKey, string> & {
  /** All texts of a11y, also those of other parts of the viewer. */
  readonly extra: Readonly<Record<string, string>>;
};

/** The strings with those of the a11y attribute (JSON text or null) in place. */
export function stringsOf(a11y: string | null): Strings {
  const extra: Record<string, string> = {};
  for (const [key, value] of Object.entries(parsed(a11y))) if (typeof value === 'string') extra[key] = value;
  const own = Object.fromEntries(Object.entries(english).map(([key, value]) => [key, extra[key] ?? value]));
  return { ...(own as Record<StringKey, string>), extra };
}

function parsed(text: string | null): object {
  if (!text) return {};
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? value : {};
  } catch {
    return {};
  }
}

/** A string with its {names} filled in. */
export const fill = (template: string, values: Record<string, string | number>): string =>
  template.replace(/\{(\w+)\}/g, (whole, name: string) => (Object.hasOwn(values, name) ? String(values[name]) : whole));
