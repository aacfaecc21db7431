/**
 * Everything that is kept about an owner, as one JSON document; docs/cloud/data.md says what the columns mean.
 * Invariant: every table with rows of an owner is in it, without what opens anything: hashes, keys, answers of the server with signed
 * addresses. It is written while it is read, a page at a time, however much there is.
 */
import type { Cloud } from '../cloud.ts';
import { exportLinks } from '../policy/exportLink.ts';
import { servedKinds } from '../policy/objectKeys.ts';

type Row = Record<string, unknown>;

const rowsAtOnce = 500;
const ofOwner = 'owner_id = ?1';

/** Tables, which rows of them, and the columns that are left out. Not `challenges`: they last five minutes and hold nothing else. */
export const exportedTables: Record<string, { where: string; without: string[] }> = {
  owners: { where: 'id = ?1', without: ['webhook_secret'] },
  sessions: { where: ofOwner, without: ['token_hash'] },
  passkeys: { where: ofOwner, without: [] },
  identities: { where: ofOwner, without: [] },
  projects: { where: ofOwner, without: [] },
  uploads: { where: ofOwner, without: [] },
  photos: { where: ofOwner, without: ['object_key'] },
  jobs: { where: ofOwner, without: ['webhook_hash', 'error', 'holder'] },
  models: { where: ofOwner, without: [] },
  model_files: { where: 'model_id IN (SELECT id FROM models WHERE owner_id = ?1)', without: ['object_key'] },
  shares: { where: ofOwner, without: ['token_hash', 'password_hash'] },
  push_subscriptions: { where: ofOwner, without: ['p256dh', 'auth'] },
  deliveries: { where: ofOwner, without: [] },
  idempotency_keys: { where: ofOwner, without: ['request_hash', 'response'] },
};

async function* rowsOf({ db }: Cloud, ownerId: string, table: string, where: string): AsyncGenerator<Row> {
  const query = db.prepare(`SELECT rowid AS row_number, * FROM ${table} WHERE ${where} AND rowid > ?2 ORDER BY rowid LIMIT ${rowsAtOnce}`);
  for (let last = 0, isMore = true; isMore;) {
    const { results } = await query.bind(ownerId, last).all<Row>();
    for (const { row_number: number, ...row } of results) {
      last = Number(number);
      yield row;
    }
    isMore = results.length === rowsAtOnce;
  }
}

const without = (row: Row, columns: readonly string[]): Row =>
  Object.fromEntries(Object.entries(row).filter(([column]) => !columns.includes(column)));

async function* list(items: AsyncIterable<unknown>): AsyncGenerator<string> {
  let comma = '';
  for await (const item of items) {
    yield `${comma}\n${JSON.stringify(item)}`;
    comma = ',';
  }
}

async function* tableRows(cloud: Cloud, ownerId: string, table: string): AsyncGenerator<Row> {
  const { where, without: columns } = exportedTables[table] ?? { where: 'FALSE', without: [] };
  for await (const row of rowsOf(cloud, ownerId, table, where)) yield without(row, columns);
}

/** Photos and models, each with an address that is good for some hours. */
async function* files(cloud: Cloud, ownerId: string, origin: string): AsyncGenerator<Row> {
  const link = await exportLinks(cloud.env, origin, cloud.now() + cloud.config.tuning.getSeconds * 1000);
  const stored = "owner_id = ?1 AND status = 'stored' AND project_id IN (SELECT id FROM projects WHERE status = 'active')";
  for await (const { project_id: project, sha256, bytes, type } of rowsOf(cloud, ownerId, 'photos', stored))
    yield { kind: 'photo', project, sha256, bytes, type, url: await link(`/api/me/photos/${String(project)}/${String(sha256)}`) };
  const kinds = servedKinds.map((kind) => `'${kind}'`).join(', ');
  const ready = `status = 'stored' AND kind IN (${kinds}) AND model_id IN (SELECT id FROM models WHERE owner_id = ?1 AND status = 'ready')`;
  for await (const { model_id: model, kind, bytes, sha256 } of rowsOf(cloud, ownerId, 'model_files', ready))
    yield { kind: 'model', model, format: kind, sha256, bytes, url: await link(`/api/me/models/${String(model)}/${String(kind)}`) };
}

async function* document(cloud: Cloud, ownerId: string, origin: string): AsyncGenerator<string> {
  yield `{"format":"splat-cloud-export","version":1,"exportedAt":${cloud.now()},"tables":{`;
  let comma = '';
  for (const table of Object.keys(exportedTables)) {
    yield `${comma}\n"${table}":[`;
    yield* list(tableRows(cloud, ownerId, table));
    yield ']';
    comma = ',';
  }
  yield '},\n"files":[';
  yield* list(files(cloud, ownerId, origin));
  yield ']}\n';
}

/** @param origin below which the files' addresses lie */
export function exportOwner(cloud: Cloud, ownerId: string, origin: string): ReadableStream<Uint8Array> {
  const parts = document(cloud, ownerId, origin);
  const encoder = new TextEncoder();
  return new ReadableStream<Uint8Array>({
    async pull(controller) {
      const part = await parts.next();
      if (part.done) controller.close();
      else controller.enqueue(encoder.encode(part.value));
    },
    async cancel() {
      await parts.return(undefined);
    },
  });
}
