/**
 * Who somebody is to the cloud, as plain types: an owner without name or address, and the ways back to it.
 * Invariant: codes and tokens are told once, when they are made; the server keeps only their hashes.
 */
export type IdentityProvider = 'github' | 'google';

export interface CloudOwner {
  id: string;
  /** Milliseconds since 1970, UTC. */
  createdAt: number;
  hasPasskey: boolean;
  hasRecovery: boolean;
  /** Accounts elsewhere that lead here. */
  identities: { provider: IdentityProvider; createdAt: number }[];
}

/** GET and POST /api/session, and every way of signing in. Null: nobody yet. */
export interface SessionAnswer {
  owner: CloudOwner | null;
}

export interface RecoveryCode {
  /** Five groups of five letters and digits; cannot be had again. */
  code: string;
}

export interface Passkey {
  id: string;
  createdAt: number;
}

export interface PasskeyList {
  passkeys: Passkey[];
}

export interface ApiToken {
  id: string;
  label: string;
  createdAt: number;
  /** To the day. */
  seenAt: number;
  expiresAt: number;
}

export interface ApiTokenList {
  tokens: ApiToken[];
}

export interface NewApiToken {
  id: string;
  /** Cannot be had again; POST /api/token gives access tokens for it. */
  refreshToken: string;
}

export interface AccessToken {
  /** For the header `authorization: Bearer …`. */
  token: string;
  expiresAt: number;
}
