/** Looking through the whole database, whatever tables there are. */
interface Table {
  name: string;
  sql: string;
}

/** Our tables, with the statement that made each. */
export async function tablesOf(db: D1Database): Promise<Table[]> {
  const query = "SELECT name, sql FROM sqlite_master WHERE type = 'table' AND name NOT GLOB '_cf_*' AND name NOT GLOB 'sqlite_*'";
  return (await db.prepare(query).all<Table>()).results;
}

/** Tables that have a column of this name. */
export const tablesWith = async (db: D1Database, column: string): Promise<string[]> =>
  (await tablesOf(db)).filter(({ sql }) => new RegExp(`\\b${column} TEXT`).test(sql)).map(({ name }) => name);

/** Rows anywhere in which one of these texts occurs, each as "table: JSON". */
export async function rowsWith(db: D1Database, texts: readonly string[]): Promise<string[]> {
  const found: string[] = [];
  for (const { name } of await tablesOf(db)) {
    const { results } = await db.prepare(`SELECT * FROM ${name}`).all();
    const rows = results.map((row) => `${name}: ${JSON.stringify(row)}`);
    found.push(...rows.filter((row) => texts.some((text) => row.includes(text))));
  }
  return found;
}
