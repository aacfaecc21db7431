/**
 * What a passkey is bound to (WebAuthn, section 4, "relying party").
 * Invariant: it is the host that was asked, so that a key of one host is never taken at another.
 */
export interface RelyingParty {
  id: string;
  /** Origins whose pages may use it. */
  origins: string[];
}

/** On a machine of one's own TLS may end before the Worker, in a tunnel. */
export function relyingPartyOf(url: string, isDevelopment: boolean): RelyingParty {
  const { hostname, host, origin } = new URL(url);
  return { id: hostname, origins: isDevelopment ? [...new Set([origin, `https://${host}`])] : [origin] };
}
