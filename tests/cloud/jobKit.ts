/**
 * What the tests of jobs work with: a Cloud whose queue is in the test's hands, two providers that answer as told, and rows.
 * Invariant: the queue is the one thing replaced, so that a message is handled when the test says so; D1, R2 and the rooms are real.
 */
import type { Config } from '../../cloud/config.ts';
import { handle } from '../../cloud/jobs/consume.ts';
import type { Message } from '../../cloud/jobs/message.ts';
import type { GpuProvider } from '../../cloud/providers/adapter.ts';
import { newId } from '../../cloud/policy/tokens.ts';
import { type Job, getJob, move } from '../../cloud/store/jobs.ts';
import { flushOutbox } from '../../cloud/store/outbox.ts';
import { askAgain } from '../../cloud/store/submitMessages.ts';
import { frozen } from '../../cloud/cloud.ts';
import { type FakeProvider, fakeProvider } from './fakeProvider.ts';
import { givenJob, givenOwner, givenPhotos, givenProject } from './rows.ts';
import { type TestCloud, testCloud } from './testCloud.ts';

export interface JobKit {
  cloud: TestCloud;
  /** The operator's first and second choice. */
  runpod: FakeProvider;
  modal: FakeProvider;
  providers: GpuProvider[];
  /** Events of the log at warn and error. */
  alarms: string[];
  /** What the queue was given and nobody has taken. */
  sent: Message[];
  /** Sends what is due and handles all messages, until there are none; errors are thrown. */
  drain(): Promise<void>;
  /** A queued job with its message in the outbox. */
  ordered(given?: Partial<Job>): Promise<Job>;
  /** A job that the first provider has. */
  submitted(given?: Partial<Job>): Promise<Job>;
  /** A job that a trainer holds. */
  held(given?: Partial<Job>): Promise<Job>;
  now(job: Pick<Job, 'id'>): Promise<Job>;
  pass(seconds: number): void;
  /** Budget of today. */
  day(): Promise<{ reserved: number; used: number }>;
}

const tables = [
  'jobs',
  'outbox',
  'breakers',
  'settings',
  'budget_days',
  'dead_letters',
  'purges',
  'uploads',
  'provider_events',
  'deliveries',
];

export async function jobKit(
  tuning: Partial<Config['tuning']> = {},
  budget: Partial<Config['budget']> = {},
  random: () => number = () => 0.5,
): Promise<JobKit> {
  const sent: Message[] = [];
  const JOBS = { sendBatch: async (all: Iterable<{ body: Message }>) => void sent.push(...[...all].map(({ body }) => body)) };
  const cloud = await testCloud({
    random,
    env: {
      JOBS: JOBS as unknown as Queue<Message>,
      TUNING: JSON.stringify(tuning),
      PROVIDERS: 'runpod,modal',
      RUNPOD_ENDPOINTS: '{"rtx-4090":"endpoint"}',
      BUDGET_DAY_SECONDS: String(budget.daySeconds ?? 0),
      BUDGET_MONTH_SECONDS: String(budget.monthSeconds ?? 0),
    },
  });
  const alarms: string[] = [];
  cloud.log = { info: () => undefined, warn: (event) => void alarms.push(event), error: (event) => void alarms.push(event) };
  await cloud.db.batch(tables.map((table) => cloud.db.prepare(`DELETE FROM ${table}`)));
  const [runpod, modal] = [fakeProvider('runpod'), fakeProvider('modal')];
  const kit: JobKit = {
    cloud,
    runpod,
    modal,
    providers: [runpod, modal],
    alarms,
    sent,
    async drain() {
      await cloud.settled();
      for (;;) {
        await flushOutbox(cloud);
        const message = sent.shift();
        if (!message) return;
        await handle(cloud, message, kit.providers);
        await cloud.settled();
      }
    },
    async ordered(given = {}) {
      const job = await givenJob(cloud, given);
      await cloud.db.batch(askAgain(frozen(cloud), job, job.notBefore, true));
      return job;
    },
    async submitted(given = {}) {
      const job = await kit.ordered(given);
      await kit.drain();
      return kit.now(job);
    },
    async held(given = {}) {
      const job = await kit.submitted(given);
      const lease = { holder: 'h', startedAt: cloud.nowMs, leaseUntil: cloud.nowMs + cloud.config.tuning.leaseSeconds * 1000 };
      const held = await move(cloud, job, 'claim', lease);
      if (!held) throw new Error('The job could not be claimed.');
      return held;
    },
    async now({ id }) {
      const job = await getJob(cloud.db, id);
      if (!job) throw new Error('There is no such job.');
      return job;
    },
    pass(seconds) {
      cloud.nowMs += seconds * 1000;
    },
    async day() {
      const sum = 'SELECT coalesce(sum(reserved_seconds), 0) AS reserved, coalesce(sum(used_seconds), 0) AS used FROM budget_days';
      const row = await cloud.db.prepare(sum).first<{ reserved: number; used: number }>();
      return row ?? { reserved: 0, used: 0 };
    },
  };
  return kit;
}

/** An upload that is whole, with photos. */
export async function givenUpload(
  cloud: TestCloud,
  {
    ownerId,
    status = 'complete',
    keepDays = 30,
    photos = 3,
  }: { ownerId?: string; status?: string; keepDays?: number; photos?: number } = {},
): Promise<{ ownerId: string; projectId: string; uploadId: string }> {
  const owner = ownerId ?? (await givenOwner(cloud));
  const projectId = await givenProject(cloud, owner, keepDays);
  await givenPhotos(cloud, owner, projectId, photos);
  const uploadId = newId('upl');
  const insert =
    "INSERT INTO uploads (id, project_id, owner_id, preset, status, created_at, expires_at) VALUES (?1, ?2, ?3, 'preview', ?4, ?5, ?6)";
  await cloud.db
    .prepare(insert)
    .bind(uploadId, projectId, owner, status, cloud.nowMs, cloud.nowMs + 86_400_000)
    .run();
  return { ownerId: owner, projectId, uploadId };
}
