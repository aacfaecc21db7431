/**
 * Whether the person is told that a newer version is there.
 * Invariant: never while a run is under way in any tab, and never again in this visit after "Later" until yet another version comes.
 */
export interface UpdateState {
  /** A newer version waits, or has taken over in another tab while this page still is the old one. */
  newer: boolean;
  /** Work that a reload would end: here, or the run that any tab holds the lock for. */
  busy: boolean;
  putOff: boolean;
}

export type UpdateEvent = { type: 'newer' } | { type: 'later' } | { type: 'busy'; busy: boolean };

export const noUpdate: UpdateState = { newer: false, busy: false, putOff: false };

export function reduceUpdate(state: UpdateState, event: UpdateEvent): UpdateState {
  if (event.type === 'newer') return { ...state, newer: true, putOff: false };
  if (event.type === 'later') return { ...state, putOff: true };
  return { ...state, busy: event.busy };
}

export const showsUpdate = ({ newer, busy, putOff }: UpdateState): boolean => newer && !busy && !putOff;
