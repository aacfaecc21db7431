/** The page of the cloud's data names every table of the migrations, and no other. */
import { readFileSync, readdirSync } from 'node:fs';
import { expect, test } from 'vitest';

const root = new URL('../../', import.meta.url);
const folder = new URL('cloud/migrations/', root);
const sql = readdirSync(folder)
  .map((name) => readFileSync(new URL(name, folder), 'utf8'))
  .join('\n');
const page = readFileSync(new URL('docs/cloud/data.md', root), 'utf8');

test('every table has its row in docs/cloud/data.md', () => {
  const tables = [...sql.matchAll(/^CREATE TABLE (\w+)/gm)].map(([, name]) => name);
  const section = page.slice(page.indexOf('## Tables'), page.indexOf('## Objects'));
  const rows = [...section.matchAll(/^\| `(\w+)` \|/gm)].map(([, name]) => name);
  expect(rows.filter((name) => name !== 'd1_migrations').sort()).toEqual(tables.sort());
});
