/**
 * What a person sees and settles about themselves in the cloud, beside who they are (cloudIdentity.ts) and what they have there
 * (cloudProjects.ts), as plain types. The schemas of all three are in cloudAccountSchema.ts and cloudProjectsSchema.ts.
 * Invariant: the webhook's secret is told once, when it is made.
 */
import type { IdentityProvider } from './cloudIdentity.ts';

/** GET /api/oauth: accounts elsewhere that the operator has set up. */
export interface ProviderList {
  providers: IdentityProvider[];
}

/**
 * What the server asks of a passkey (WebAuthn level 3, sections 5.1.8 and 5.1.9), and what the browser answers (section 5.1). Made and
 * read by the libraries at both ends, and passed on here as it is.
 */
export type PasskeyOptions = { challenge: string } & Record<string, unknown>;
export type PasskeyResponse = { id: string } & Record<string, unknown>;

/** Where a program is told that a job has ended; null: nowhere. */
export interface Webhook {
  url: string | null;
}

export interface NewWebhook {
  url: string;
  /** Standard Webhooks' `whsec_…`; setting the webhook again makes a new one. */
  secret: string;
}

/** A message to a program or a browser, and what came of it. */
export interface Delivery {
  id: string;
  kind: 'webhook' | 'push';
  jobId: string;
  status: 'open' | 'delivered' | 'given-up';
  tries: number;
  /** The last answer's HTTP status, or why there was none. */
  lastStatus: number | null;
  lastError: string | null;
  /** Milliseconds since 1970, UTC. */
  createdAt: number;
  /** The webhook's address, or the push service's host; null when the browser has unsubscribed. */
  to: string | null;
  nextTryAt: number | null;
}

/** Newest first. */
export interface DeliveryList {
  deliveries: Delivery[];
}
