import { isDeepStrictEqual } from "node:util";
import type pg from "pg";
import { type Speaker, tableOf, vocabularyOf } from "./fields.ts";
import type { Change, DrawnSchema, RowChange } from "./model.ts";
import { ident } from "./schema.ts";

interface Column {
  readonly name: string;
  readonly sql: string;
}

/** The table that Segue never touches: it gets what the versions wrote, and what the change means for rows. */
export class Twin {
  readonly #client: pg.Client;
  readonly #schema: DrawnSchema;
  readonly #change: Change;
  readonly #table: string;
  readonly #real: string;
  #changedRows = false;

  constructor(client: pg.Client, { schema, change }: { readonly schema: DrawnSchema; readonly change: Change }) {
    this.#client = client;
    this.#schema = schema;
    this.#change = change;
    this.#table = `twin.${ident(schema.table)}`;
    this.#real = `public.${ident(schema.table)}`;
  }

  /** The rows as a version sees them, against the twin's. */
  async compare(speaker: Speaker): Promise<void> {
    const { side } = speaker;
    const table = tableOf(this.#schema, this.#change, side);
    if (table === null) return;
    const columns = this.#columns(speaker);
    const ofReal = columns.map(({ name }) => ({ name, sql: ident(name) }));
    const found = await this.#read(ofReal, table);
    const wanted = await this.#read(columns, this.#table);
    if (isDeepStrictEqual(found, wanted)) return;
    throw new Error(`the ${side} version sees\n${JSON.stringify(found)}\nand not\n${JSON.stringify(wanted)}`);
  }

  /** Where the table was filled the twin takes the value over. */
  async fill(): Promise<void> {
    for (const [name, value] of Object.entries(this.#change.filled ?? {})) {
      if (!(await this.#stands(name))) continue;
      const column = ident(name);
      await this.#client.query(
        `UPDATE ${this.#table} AS t SET ${column} = ${value} FROM ${this.#real} AS r
          WHERE t.id = r.id AND t.${column} IS NULL AND r.${column} IS NOT NULL`,
      );
    }
  }

  /** What the backfill makes of rows, each by itself. Returns how many rows can't be changed so. */
  async changeRows(): Promise<number> {
    const { rows } = this.#change;
    if (rows === undefined) return 0;
    this.#changedRows = true;
    const column = rows.change === "update" ? ident(rows.column) : null;
    const ids = await this.#ids(`SELECT id FROM ${this.#table} WHERE ${rows.where}`);
    await this.#client.query(`DROP TABLE IF EXISTS oracle.kept, oracle.made;
      CREATE TABLE oracle.kept AS SELECT * FROM ${this.#table} WHERE ${rows.where}`);
    const refused = await this.#each(ids, (id) =>
      rows.change === "update"
        ? `UPDATE ${this.#table} SET ${column} = ${rows.value} WHERE id = ${id}`
        : `DELETE FROM ${this.#table} WHERE id = ${id}`,
    );
    await this.#client.query(
      `CREATE TABLE oracle.made AS SELECT * FROM ${this.#table} WHERE id IN (SELECT id FROM oracle.kept)`,
    );
    if (refused.length > 0)
      await this.#client.query("DELETE FROM oracle.kept WHERE id = ANY ($1::integer[])", [refused]);
    return refused.length;
  }

  /** What a reversal makes of the rows that the backfill changed. Returns how many can't be as they are to be. */
  async takeRowsBack(): Promise<number> {
    const { rows } = this.#change;
    if (rows === undefined || !this.#changedRows || rows.back === null) return 0;
    this.#changedRows = false;
    return (await this.#takeBack(rows)).length;
  }

  /** The drop is done: what hangs on old columns is gone. */
  async completed(): Promise<void> {
    for (const name of this.#change.dropped ?? [])
      await this.#client.query(`ALTER TABLE ${this.#table} DROP CONSTRAINT IF EXISTS ${name}`);
  }

  /** All that plain DDL does. */
  async changePlainly(): Promise<void> {
    for (const sql of this.#change.plainly(this.#table)) await this.#client.query(sql);
  }

  async plainDdlFails(): Promise<boolean> {
    try {
      await this.#client.query("BEGIN");
      await this.changePlainly();
      return false;
    } catch {
      return true;
    } finally {
      await this.#client.query("ROLLBACK");
    }
  }

  async #takeBack(rows: RowChange): Promise<readonly number[]> {
    const { back, change } = rows;
    if (change === "delete") {
      const ids = await this.#ids(`SELECT id FROM oracle.kept WHERE id NOT IN (SELECT id FROM ${this.#table})`);
      return await this.#each(ids, (id) => `INSERT INTO ${this.#table} SELECT * FROM oracle.kept WHERE id = ${id}`);
    }
    const column = ident(rows.column);
    if (back !== null && back !== "kept") {
      const ids = await this.#ids(`SELECT id FROM ${this.#table} WHERE ${back.where}`);
      return await this.#each(ids, (id) => `UPDATE ${this.#table} SET ${column} = ${back.value} WHERE id = ${id}`);
    }
    // A value that somebody has written since stays.
    const ids = await this.#ids(
      `SELECT t.id FROM ${this.#table} AS t JOIN oracle.kept USING (id) JOIN oracle.made AS m USING (id)
        WHERE t.${column}::text IS NOT DISTINCT FROM m.${column}::text`,
    );
    return await this.#each(
      ids,
      (id) =>
        `UPDATE ${this.#table} AS t SET ${column} = k.${column} FROM oracle.kept AS k WHERE k.id = t.id AND t.id = ${id}`,
    );
  }

  async #ids(sql: string): Promise<readonly number[]> {
    return (await this.#client.query<{ id: number }>(`${sql} ORDER BY id`)).rows.map(({ id }) => id);
  }

  /** Runs a statement for each row. Returns the rows that the table's constraints or the value itself refused. */
  async #each(ids: readonly number[], sql: (id: number) => string): Promise<readonly number[]> {
    const refused: number[] = [];
    for (const id of ids) {
      try {
        await this.#client.query(sql(id));
      } catch (error) {
        // Integrity constraints, and values out of range. Anything else is the test's own mistake.
        if (!/^2[23]/.test((error as { code?: string }).code ?? "")) throw error;
        refused.push(id);
      }
    }
    return refused;
  }

  #columns(speaker: Speaker): readonly Column[] {
    const { cutOver, side } = speaker;
    const { added = [], renamed = {}, reshaped, retyped = {}, versioned = false } = this.#change;
    const own = this.#schema.columns.flatMap(({ name }): Column[] => {
      const real = side === "new" && Object.hasOwn(renamed, name) ? renamed[name] : name;
      if (real === null || real === undefined) return [];
      const vocabulary = vocabularyOf(this.#change, name, speaker);
      if (vocabulary !== undefined) return [{ name: real, sql: vocabulary.shows(ident(name)) }];
      const type = cutOver || (side === "new" && versioned) ? retyped[name] : undefined;
      return [{ name: real, sql: type === undefined ? ident(name) : `${ident(name)}::${type}` }];
    });
    const fresh = side === "old" ? [] : added.map(({ name }) => ({ name, sql: ident(name) }));
    const reads = side === "old" ? [] : Object.entries(reshaped?.reads ?? {}).map(([name, sql]) => ({ name, sql }));
    return [{ name: "id", sql: "id" }, ...own, ...fresh, ...reads];
  }

  async #read(columns: readonly Column[], from: string): Promise<readonly Record<string, string | null>[]> {
    const list = columns.map(({ name, sql }) => `(${sql})::text AS ${ident(name)}`).join(", ");
    return (await this.#client.query<Record<string, string | null>>(`SELECT ${list} FROM ${from} ORDER BY id`)).rows;
  }

  async #stands(column: string): Promise<boolean> {
    const { rowCount } = await this.#client.query(
      `SELECT FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid
        WHERE c.relnamespace = 'public'::regnamespace AND c.relname = $1 AND a.attname = $2 AND NOT a.attisdropped`,
      [this.#schema.table, column],
    );
    return rowCount === 1;
  }
}
