/**
 * Config: the Worker's variables, read once and checked.
 * Invariant: a value that makes no sense stops the Worker with its name in the message; none is silently replaced.
 */
import * as z from 'zod';
import type { Env } from './env.ts';
import type { DirectBucket } from './policy/directPut.ts';
import { type ProviderId, providerIds } from './providers/adapter.ts';

const seconds = (standard: number) => z.number().positive().default(standard);
const count = (standard: number) => z.int().positive().default(standard);

/** Everything that is a matter of judgement, with our judgement as the default. */
const tuning = z.strictObject({
  /** How long a claim holds without a word from the trainer. */
  leaseSeconds: seconds(180),
  /** Past the lease by this, the attempt is lost. */
  lostSeconds: seconds(420),
  /** A submitted job that nobody claims is asked after. */
  unclaimedSeconds: seconds(600),
  /** A queued or submitting job whose message seems to be lost is sent again. */
  resendSeconds: seconds(60),
  /** From the order to the end, whatever happens. */
  jobHours: seconds(24),
  /** From the claim to the end of one attempt. */
  attemptSeconds: seconds(3 * 3600),
  /** How often the watchdog looks at a job. */
  watchSeconds: seconds(30),
  lostRetries: z.int().nonnegative().default(2),
  submitRetries: z.int().nonnegative().default(8),
  activeJobs: count(2),
  jobsPerDay: count(50),
  photosPerUpload: count(1000),
  bytesPerPhoto: count(95_000_000),
  bytesPerOwner: count(5_000_000_000),
  projectsPerOwner: count(200),
  uploadHours: seconds(24),
  /** Life of a signed address, for the page's PUTs and for the trainer. */
  putSeconds: seconds(15 * 60),
  getSeconds: seconds(6 * 3600),
  deliveryTries: count(8),
  /** A trainer's file with more than this is put straight into R2 where that is set up: a request may have 100 MB on most plans. */
  directPutBytes: count(95_000_000),
});
export type Tuning = z.infer<typeof tuning>;

export interface Config {
  isDevelopment: boolean;
  providers: ProviderId[];
  photosKeepDays: number;
  budget: { daySeconds: number; monthSeconds: number };
  contact: string;
  /** Null: all that trainers make goes through the Worker. */
  directBucket: DirectBucket | null;
  tuning: Tuning;
}

const wholeNumber = (name: string) =>
  z.string().regex(/^\d{1,12}$/, `${name} must be a whole number.`).transform(Number); // prettier-ignore

const variables = z.object({
  ENVIRONMENT: z.enum(['development', 'production']),
  PROVIDERS: z
    .string()
    .transform((list) => list.split(',').map((name) => name.trim()))
    .pipe(z.array(z.enum(providerIds)).min(1)),
  PHOTOS_KEEP_DAYS: wholeNumber('PHOTOS_KEEP_DAYS'),
  BUDGET_DAY_SECONDS: wholeNumber('BUDGET_DAY_SECONDS'),
  BUDGET_MONTH_SECONDS: wholeNumber('BUDGET_MONTH_SECONDS'),
  CONTACT: z.string().regex(/^(mailto:.+@.+|https:\/\/.+)$/),
  MASTER_SECRET: z.string().regex(/^[0-9a-f]{64,}$/, 'MASTER_SECRET must be at least 32 bytes in hexadecimal.'),
});

/** @throws Error */
function bucketUrl(text: string, isDevelopment: boolean): string {
  const url = URL.canParse(text) ? new URL(text) : null;
  const isPlain = url && url.pathname.length > 1 && url.href === `${url.origin}${url.pathname}`;
  if (!isPlain || !(url.protocol === 'https:' || (isDevelopment && url.protocol === 'http:')))
    throw new Error('The Worker is not set up: R2_S3_URL must be like https://ACCOUNT.r2.cloudflarestorage.com/BUCKET.');
  return url.href.replace(/\/+$/, '');
}

/** All three are set or none is. @throws Error that names what is missing */
function readDirectBucket(env: Env, isDevelopment: boolean): DirectBucket | null {
  const { R2_S3_URL: url = '', R2_ACCESS_KEY_ID: accessKeyId = '', R2_SECRET_ACCESS_KEY: secretAccessKey = '' } = env;
  const given = Object.entries({ R2_S3_URL: url, R2_ACCESS_KEY_ID: accessKeyId, R2_SECRET_ACCESS_KEY: secretAccessKey });
  const missing = given.filter(([, value]) => value === '').map(([name]) => name);
  if (missing.length === given.length) return null;
  if (missing.length > 0)
    throw new Error(`The Worker is not set up: of the settings for files put into R2, ${missing.join(', ')} is missing.`);
  return { url: bucketUrl(url, isDevelopment), accessKeyId, secretAccessKey };
}

/** An isolate is given the same variables with every request; they are checked at the first. */
const checked = new WeakMap<Env, Config>();

/** @throws Error that names the variable */
export function readConfig(env: Env): Config {
  const known = checked.get(env);
  if (known) return known;
  const read = variables.safeParse(env);
  if (!read.success) throw new Error(`The Worker is not set up: ${z.prettifyError(read.error)}`);
  const tuned = tuning.safeParse(env.TUNING ? JSON.parse(env.TUNING) : {});
  if (!tuned.success) throw new Error(`TUNING is not right: ${z.prettifyError(tuned.error)}`);
  const isDevelopment = read.data.ENVIRONMENT === 'development';
  const config: Config = {
    isDevelopment,
    providers: read.data.PROVIDERS,
    photosKeepDays: read.data.PHOTOS_KEEP_DAYS,
    budget: { daySeconds: read.data.BUDGET_DAY_SECONDS, monthSeconds: read.data.BUDGET_MONTH_SECONDS },
    contact: read.data.CONTACT,
    directBucket: readDirectBucket(env, isDevelopment),
    tuning: tuned.data,
  };
  checked.set(env, config);
  return config;
}
