/**
 * Sharing as plain types: a link by which somebody else sees one model. The schemas are in cloudSharesSchema.ts.
 * Invariant: the link's token is told once, when it is made; the server keeps only its hash.
 */
import type { ModelFormat } from './cloudApi.ts';

/** `download` also gives the files away; who may view can save what the viewer loads all the same. */
export type ShareRole = 'view' | 'download';

export interface ShareRequest {
  role: ShareRole;
  /** What visitors read above the scene. */
  title: string;
  /** From now; absent: it does not expire. */
  expiresInDays?: number;
  /** Asked of every visitor; absent for none. */
  password?: string;
}

export interface Share {
  id: string;
  role: ShareRole;
  title: string;
  hasPassword: boolean;
  /** Milliseconds since 1970, UTC; null: never. */
  expiresAt: number | null;
  revokedAt: number | null;
  createdAt: number;
}

export interface NewShare {
  share: Share;
  /** Absolute; holds the token and cannot be had again. */
  url: string;
}

export interface ShareList {
  shares: Share[];
}

/** The formats a viewer is given, best first: small and quick to read. */
export const viewedFormats: readonly ModelFormat[] = ['sog', 'spz', 'splat', 'ply'];
