/**
 * The book of rented machines in D1 (`instances`), with the jobs that are meant for each.
 * Invariant: a job belongs to the machine that its external id names before the slash; nothing else ties the two together.
 */
import { heldStates, openStates } from '../policy/jobMachine.ts';
import type { Instance, InstanceBook, InstanceChange, InstanceStatus } from '../providers/instanceBook.ts';

interface Row {
  id: string;
  external_id: string;
  gpu_class: string;
  spot: number;
  status: InstanceStatus;
  created_at: number;
  seen_at: number;
  idle_since: number | null;
}

interface JobRow {
  external_id: string;
  state: string;
  gpu_seconds_reserved: number;
}

const marks = (states: readonly string[]): string => states.map((state) => `'${state}'`).join(', ');
const jobsOfMachines =
  "SELECT external_id, state, gpu_seconds_reserved FROM jobs WHERE provider = ?1 AND external_id LIKE '%/%'" +
  ` AND state IN (${marks(openStates)})`;
const columns: Record<keyof InstanceChange, string> = {
  externalId: 'external_id',
  status: 'status',
  seenAtMs: 'seen_at',
  idleSinceMs: 'idle_since',
};

function instanceOf(row: Row, jobs: JobRow[]): Instance {
  return {
    id: row.id,
    externalId: row.external_id,
    gpuClass: row.gpu_class,
    spot: row.spot === 1,
    status: row.status,
    createdAtMs: row.created_at,
    seenAtMs: row.seen_at,
    idleSinceMs: row.idle_since,
    jobs: jobs
      .filter((job) => job.external_id.startsWith(`${row.id}/`))
      .map((job) => ({
        externalId: job.external_id,
        held: (heldStates as readonly string[]).includes(job.state),
        seconds: job.gpu_seconds_reserved,
      })),
  };
}

export function createInstanceBook(db: D1Database, provider = 'vast'): InstanceBook {
  async function read(where: string, ...values: unknown[]): Promise<Instance[]> {
    const rows = db.prepare(`SELECT * FROM instances WHERE provider = ?1 AND ${where} ORDER BY created_at`).bind(provider, ...values);
    const [instances, jobs] = await db.batch([rows, db.prepare(jobsOfMachines).bind(provider)]);
    return (instances?.results as Row[]).map((row) => instanceOf(row, jobs?.results as JobRow[]));
  }

  return {
    live: () => read("status <> 'gone'"),
    find: async (id) => (await read('id = ?2', id)).at(0) ?? null,
    async add({ id, gpuClass, spot, createdAtMs }) {
      const insert =
        'INSERT INTO instances (id, provider, external_id, gpu_class, spot, created_at, seen_at) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?6)';
      await db.prepare(insert).bind(id, provider, '', gpuClass, Number(spot), createdAtMs).run();
    },
    async mark(id, change) {
      const entries = Object.entries(change) as [keyof InstanceChange, unknown][];
      if (entries.length === 0) return;
      const sets = entries.map(([name], index) => `${columns[name]} = ?${index + 2}`).join(', ');
      // Gone is final, and one that stops does not run again.
      const from = change.status === 'running' ? " AND status = 'starting'" : " AND status <> 'gone'";
      await db
        .prepare(`UPDATE instances SET ${sets} WHERE id = ?1${from}`)
        .bind(id, ...entries.map(([, value]) => value))
        .run();
    },
    async stop(id, idleSinceMs) {
      const idle = idleSinceMs === undefined ? '' : ' AND idle_since = ?2';
      const update = `UPDATE instances SET status = 'stopping' WHERE id = ?1 AND status IN ('starting', 'running')${idle}`;
      const result = await db
        .prepare(update)
        .bind(...(idleSinceMs === undefined ? [id] : [id, idleSinceMs]))
        .run();
      return result.meta.changes === 1;
    },
  };
}

/** Whether the machine may (still) take jobs: its token outlives it. */
export async function instanceMayPull(db: D1Database, id: string): Promise<boolean> {
  const row = await db.prepare("SELECT 1 FROM instances WHERE id = ?1 AND status IN ('starting', 'running')").bind(id).first();
  return row !== null;
}
