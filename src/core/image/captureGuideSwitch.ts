/**
 * A switch with hysteresis in value and in time, so that what is said does not flicker.
 * Invariant: between `off` and `on` nothing changes; beyond either the value must stay for its time before the switch turns.
 */
export interface SwitchRule {
  /** At this value and above it is meant to be on. */
  on: number;
  /** Below this value it is meant to be off; at most `on`. */
  off: number;
  /** How long the value must ask for it, in milliseconds. */
  riseMs: number;
  fallMs: number;
}

export interface HysteresisSwitch {
  /** Takes the value of this time (milliseconds, never falling) and says whether the switch is on. NaN changes nothing. */
  update(value: number, timeMs: number): boolean;
}

export function createSwitch({ on, off, riseMs, fallMs }: SwitchRule): HysteresisSwitch {
  let isOn = false;
  /** Since when the value has asked for the other state. */
  let sinceMs: number | null = null;
  return {
    update(value, timeMs) {
      const wantsOther = isOn ? value < off : value >= on;
      if (!wantsOther) sinceMs = null;
      else {
        sinceMs ??= timeMs;
        if (timeMs - sinceMs >= (isOn ? fallMs : riseMs)) {
          isOn = !isOn;
          sinceMs = null;
        }
      }
      return isOn;
    },
  };
}
