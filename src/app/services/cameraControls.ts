/**
 * The controls of a camera beyond its picture: torch, and holding exposure, white balance and focus as they are.
 * Invariant: what a camera does not offer is never asked for, and a control counts as held only when its settings say so afterwards.
 *
 * Names are those of the MediaStream Image Capture specification, which TypeScript's own types leave out.
 */
export const lockParts = ['exposure', 'whiteBalance', 'focus'] as const;
export type LockPart = (typeof lockParts)[number];

type Control = string | number | boolean | undefined;
type Capabilities = Record<string, readonly string[] | { min?: number; max?: number } | boolean | undefined>;

/** A mode's name and the value that goes with `manual`: some cameras only keep it when it is given too. */
const controls: Record<LockPart, { mode: string; values: readonly string[] }> = {
  exposure: { mode: 'exposureMode', values: ['exposureTime', 'iso'] },
  whiteBalance: { mode: 'whiteBalanceMode', values: ['colorTemperature'] },
  focus: { mode: 'focusMode', values: ['focusDistance'] },
};

/** Firefox has no getCapabilities for a camera. */
const capabilitiesOf = (track: MediaStreamTrack): Capabilities => (track.getCapabilities?.() ?? {}) as Capabilities;
const settingsOf = (track: MediaStreamTrack): Record<string, Control> => track.getSettings() as Record<string, Control>;

function modesOf(track: MediaStreamTrack, part: LockPart): readonly string[] {
  const modes = capabilitiesOf(track)[controls[part].mode];
  return Array.isArray(modes) ? (modes as readonly string[]) : [];
}

const apply = (track: MediaStreamTrack, control: Record<string, Control>): Promise<boolean> =>
  track.applyConstraints({ advanced: [control as MediaTrackConstraintSet] }).then(
    () => true,
    () => false,
  );

/** What this camera lets a page hold. */
export const lockableParts = (track: MediaStreamTrack): LockPart[] => lockParts.filter((part) => modesOf(track, part).includes('manual'));

/** Holds what can be held as it is now. Gives the parts that are held. */
export async function lock(track: MediaStreamTrack): Promise<LockPart[]> {
  const held: LockPart[] = [];
  for (const part of lockableParts(track)) {
    const { mode, values } = controls[part];
    const now = settingsOf(track);
    const current = values.filter((name) => typeof now[name] === 'number').map((name): [string, Control] => [name, now[name]]);
    const whole = await apply(track, { [mode]: 'manual', ...Object.fromEntries(current) });
    if (!whole) await apply(track, { [mode]: 'manual' });
    if (settingsOf(track)[mode] === 'manual') held.push(part);
  }
  return held;
}

/** Lets the camera adjust itself again. */
export async function unlock(track: MediaStreamTrack): Promise<void> {
  for (const part of lockableParts(track)) {
    const automatic = ['continuous', 'single-shot'].find((mode) => modesOf(track, part).includes(mode));
    if (automatic) await apply(track, { [controls[part].mode]: automatic });
  }
}

export const hasTorch = (track: MediaStreamTrack): boolean => {
  const { torch } = capabilitiesOf(track);
  return torch === true || (Array.isArray(torch) && (torch as unknown[]).includes(true));
};

/** Turns the torch; gives whether it burns. */
export async function setTorch(track: MediaStreamTrack, on: boolean): Promise<boolean> {
  const done = await apply(track, { torch: on });
  return done ? on : settingsOf(track)['torch'] === true;
}
