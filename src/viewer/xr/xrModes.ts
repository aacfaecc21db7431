/** Which kinds of session a browser offers. Invariant: asking never fails; what cannot be told is not offered. */
import type { XrMode, XrSystem } from './webxrTypes.ts';

const modes: readonly XrMode[] = ['immersive-vr', 'immersive-ar'];

/** The modes that `xr` (navigator.xr) can start now. Headsets come and go: `devicechange` on `xr` says when to ask again. */
export async function xrModes(xr: XrSystem | undefined): Promise<XrMode[]> {
  if (!xr) return [];
  // A frame without the permission gets a rejection, some old implementations throw.
  const answers = await Promise.all(modes.map(async (mode) => xr.isSessionSupported(mode)).map((answer) => answer.catch(() => false)));
  return modes.filter((_, k) => answers[k]);
}
