/**
 * Migrations that apply themselves.
 * Invariant: each is applied once and whole, also when two Workers begin at the same moment; the table of applied ones is the one that
 * wrangler keeps, so that both ways can be mixed.
 */
import first from '../migrations/0001_first.sql';

export interface Migration {
  name: string;
  sql: string;
}

export const migrations: Migration[] = [{ name: '0001_first.sql', sql: first }];

/** Statements of a script without comments. No statement of ours has a semicolon inside. */
export const statementsOf = (sql: string): string[] =>
  sql
    .replace(/^\s*--.*$/gm, '')
    .split(';')
    .map((statement) => statement.trim())
    .filter((statement) => statement !== '');

const ledger =
  'CREATE TABLE IF NOT EXISTS d1_migrations (id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT UNIQUE, ' +
  'applied_at TIMESTAMP DEFAULT CURRENT_TIMESTAMP NOT NULL)';

export async function migrate(db: D1Database, all: readonly Migration[] = migrations): Promise<void> {
  await db.prepare(ledger).run();
  const { results } = await db.prepare('SELECT name FROM d1_migrations').all<{ name: string }>();
  const applied = new Set(results.map(({ name }) => name));
  for (const { name, sql } of all) {
    if (applied.has(name)) continue;
    // Its name goes in first: of two that begin at once the second fails here, with its whole batch.
    const enter = db.prepare('INSERT INTO d1_migrations (name) VALUES (?1)').bind(name);
    try {
      await db.batch([enter, ...statementsOf(sql).map((statement) => db.prepare(statement))]);
    } catch (error) {
      const there = await db.prepare('SELECT 1 FROM d1_migrations WHERE name = ?1').bind(name).first();
      if (!there) throw error;
    }
  }
}

const ready = new WeakMap<D1Database, Promise<void>>();

/** Applies what is missing, once per Worker. */
export function migrated(db: D1Database): Promise<void> {
  const before = ready.get(db);
  if (before) return before;
  const now = migrate(db).catch((error: unknown) => {
    ready.delete(db);
    throw error;
  });
  ready.set(db, now);
  return now;
}
