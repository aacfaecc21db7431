/**
 * Env: what wrangler.toml and the secrets bind to the Worker.
 * Invariant: every binding and every variable is named here, and docs/cloud/deploy.md explains each.
 */
import type { Message } from './jobs/message.ts';
import type { JobRoom } from './store/jobRoom.ts';

export interface Env {
  DB: D1Database;
  BUCKET: R2Bucket;
  JOBS: Queue<Message>;
  CACHE: KVNamespace;
  JOB_ROOM: DurableObjectNamespace<JobRoom>;
  /** Coarse limit per address; the exact ones are counted in D1. */
  LIMIT: RateLimit;
  ANALYTICS: AnalyticsEngineDataset;
  ASSETS: Fetcher;

  /** "development" allows what only a machine of one's own may do: webhooks to loopback, cookies without TLS. */
  ENVIRONMENT: 'development' | 'production';
  /** Providers in order of preference, separated by commas. */
  PROVIDERS: string;
  PHOTOS_KEEP_DAYS: string;
  /** GPU-seconds that may be spent in a day and a month; 0: no limit. */
  BUDGET_DAY_SECONDS: string;
  BUDGET_MONTH_SECONDS: string;
  /** Who answers for this service, mailto: or https:, told to push services (RFC 8292, section 2.1). */
  CONTACT: string;
  /** JSON, see config.ts: the timings of the watchdog, per-owner limits. Empty for the defaults. */
  TUNING: string;

  /** At least 32 random bytes in hexadecimal; every other key is derived from it. */
  MASTER_SECRET: string;
  /** The secret before a rotation, still accepted. */
  MASTER_SECRET_BEFORE?: string;
  ADMIN_TOKEN?: string;
  /** Cloudflare Access in front of /admin: team domain and audience tag. */
  ACCESS_TEAM?: string;
  ACCESS_AUDIENCE?: string;
  /** What pull workers show. */
  WORKER_TOKEN?: string;
  /** JWK of the P-256 key that signs push messages; made and kept in D1 in development. */
  VAPID_JWK?: string;
  /** R2's S3 API, for what is too large to go through the Worker: the bucket's address and a token of that bucket only. */
  R2_S3_URL?: string;
  R2_ACCESS_KEY_ID?: string;
  R2_SECRET_ACCESS_KEY?: string;
  RUNPOD_KEY?: string;
  /** JSON: GPU class -> endpoint id. */
  RUNPOD_ENDPOINTS?: string;
  MODAL_URL?: string;
  MODAL_KEY?: string;
  MODAL_SECRET?: string;
  REPLICATE_TOKEN?: string;
  /** owner/name of the deployment. */
  REPLICATE_DEPLOYMENT?: string;
  REPLICATE_WEBHOOK_SECRET?: string;
  VAST_KEY?: string;
  VAST_IMAGE?: string;
  GITHUB_CLIENT_ID?: string;
  GITHUB_CLIENT_SECRET?: string;
  GOOGLE_CLIENT_ID?: string;
  GOOGLE_CLIENT_SECRET?: string;
}
