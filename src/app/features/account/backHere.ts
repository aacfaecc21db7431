/** Coming back from signing in elsewhere: where to, and how it went (cloud/routes/oauth.ts). */
import { addressOf } from '../../journey/places.ts';

const queryName = 'sign-in';

/** This room, as a path of this site. */
export const backHere = (): string => `${location.pathname}${addressOf({ name: 'cloud' })}`;

/** How it went, when the browser has just come back; taken off the address, so that it is news once. */
export function takeReturned(): 'ok' | 'failed' | null {
  const url = new URL(location.href);
  const outcome = url.searchParams.get(queryName);
  if (outcome === null) return null;
  url.searchParams.delete(queryName);
  history.replaceState(history.state, '', url);
  return outcome === 'ok' ? 'ok' : 'failed';
}
