/**
 * What can go wrong with a camera, as a closed set with words in the locale files.
 * Invariant: every way in which a camera fails to open or stops has one of these names.
 */
export const cameraTroubles = [
  'insecure',
  'unsupported',
  'no-camera',
  'refused',
  'in-use',
  'ended',
  'unplugged',
  'interrupted',
  'photo-failed',
  'failed',
] as const;
export type CameraTrouble = (typeof cameraTroubles)[number];

export type CameraOutcome<T> = { ok: true; value: T } | { ok: false; trouble: CameraTrouble };

/** DOMException names of getUserMedia (Media Capture and Streams, section 10.2) and what browsers used before them. */
const byName: Record<string, CameraTrouble> = {
  NotAllowedError: 'refused',
  PermissionDeniedError: 'refused',
  SecurityError: 'refused',
  NotFoundError: 'no-camera',
  DevicesNotFoundError: 'no-camera',
  OverconstrainedError: 'no-camera',
  NotReadableError: 'in-use',
  TrackStartError: 'in-use',
  AbortError: 'in-use',
  InvalidStateError: 'interrupted',
};

/** The trouble behind what getUserMedia threw. */
export function troubleOf(error: unknown): CameraTrouble {
  const name = typeof error === 'object' && error !== null && 'name' in error ? String(error.name) : '';
  return byName[name] ?? 'failed';
}
