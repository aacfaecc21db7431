/**
 * Names of the photos a camera takes: capture_<yyyymmdd-hhmmss>_<nnn>.jpg, in local time.
 * Invariant: the names of one session sort in the order they were given, even when the clock is set back.
 */
const two = (n: number): string => String(n).padStart(2, '0');

function stampOf(timeMs: number): string {
  const date = new Date(timeMs);
  const day = `${date.getFullYear()}${two(date.getMonth() + 1)}${two(date.getDate())}`;
  return `${day}-${two(date.getHours())}${two(date.getMinutes())}${two(date.getSeconds())}`;
}

/** Gives one name after another, for shots at Unix times in milliseconds. */
export function createShotNames(): (timeMs: number) => string {
  let latest = '';
  let number = 0;
  return (timeMs) => {
    const stamp = stampOf(timeMs);
    if (stamp > latest) latest = stamp;
    number++;
    return `capture_${latest}_${String(number).padStart(3, '0')}.jpg`;
  };
}
