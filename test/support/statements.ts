import pg from "pg";
import { columnsOf, COUNTER, type Row, type Side, type Value, type Version } from "./oracle.ts";

/** A row, or some columns of one, without a doubt. */
export type PlainRow = Row & Readonly<Record<string, Value>>;
type Found = Readonly<Record<string, unknown>>;

/** A query of the application that failed: what must never happen. */
class FailedQuery extends Error {
  constructor(side: Side, sql: string, values: readonly unknown[], cause: unknown) {
    const { code = "no SQLSTATE" } = cause as { code?: string };
    const message = cause instanceof Error ? `${cause.message} (${code})` : String(cause);
    super(`the ${side} version's query failed: ${message}\n  ${sql}\n  ${JSON.stringify(values)}`, { cause });
  }
}

/** The statements of one version of the application on one session: most of them named and prepared once. */
export class Statements {
  readonly #session: pg.Client;
  readonly #side: Side;
  readonly #version: Version;
  readonly #took: (kind: string, ms: number, sql: string) => void;

  constructor(session: pg.Client, side: Side, version: Version, took: (kind: string, ms: number, sql: string) => void) {
    this.#session = session;
    this.#side = side;
    this.#version = version;
    this.#took = took;
  }

  async insert(id: number, row: PlainRow): Promise<void> {
    await this.#query("insert", this.#insertion(row), [id, ...Object.values(row)]);
  }

  async update(id: number, patch: PlainRow): Promise<void> {
    const sql = `update ${this.#version.table} set ${assignments(patch)} where id = $1`;
    await this.#query("update", sql, [id, ...Object.values(patch)]);
  }

  async delete(id: number): Promise<void> {
    await this.#query("delete", `delete from ${this.#version.table} where id = $1`, [id]);
  }

  async upsert(id: number, row: PlainRow): Promise<void> {
    const target = this.#key().map(pg.escapeIdentifier).join(", ");
    const sql = `${this.#insertion(row)} on conflict (${target}) do update set ${this.#from("excluded")}`;
    await this.#query("upsert", sql, [id, ...Object.values(row)]);
  }

  async merge(id: number, row: PlainRow): Promise<void> {
    const { table } = this.#version;
    const columns = ["id", ...Object.keys(row)].map(pg.escapeIdentifier);
    const same = this.#key()
      .map(pg.escapeIdentifier)
      .map((column) => `t.${column} = s.${column}`);
    const sql =
      `merge into ${table} t using jsonb_populate_record(null::${table}, $1) s on ${same.join(" and ")} ` +
      `when matched then update set ${this.#from("s")} ` +
      `when not matched then insert (${columns.join(", ")}) values (${columns.map((c) => `s.${c}`).join(", ")})`;
    await this.#query("merge", sql, [JSON.stringify({ id, ...row })]);
  }

  /** COPY of rows that all have the same columns. */
  async copy(rows: ReadonlyMap<number, PlainRow>): Promise<void> {
    const [first = {}] = rows.values();
    const lines = [...rows].map(([id, row]) => [String(id), ...Object.values(row)].map((v) => v ?? "\\N").join("\t"));
    const sql = `copy ${this.#version.table} (id, ${quoted(Object.keys(first))}) from stdin`;
    await this.#timed("copy", sql, [], () => copyIn(this.#session, sql, `${lines.join("\n")}\n`));
  }

  /** Locks a row and returns its counter. */
  async lock(id: number): Promise<number> {
    const sql = `select ${COUNTER} from ${this.#version.table} where id = $1 for update`;
    return Number((await this.#query("lock", sql, [id]))[0]?.[COUNTER]);
  }

  async count(id: number, patch: PlainRow): Promise<void> {
    const changes = [`${COUNTER} = ${COUNTER} + 1`, ...(Object.keys(patch).length === 0 ? [] : [assignments(patch)])];
    const sql = `update ${this.#version.table} set ${changes.join(", ")} where id = $1`;
    await this.#query("hot update", sql, [id, ...Object.values(patch)]);
  }

  async selectStar(id: number): Promise<Found | undefined> {
    return (await this.#query("select *", `select * from ${this.#version.table} where id = ${id}`))[0];
  }

  async select(ids: readonly number[]): Promise<ReadonlyMap<number, Found>> {
    const { table } = this.#version;
    const sql = `select id, ${COUNTER}, ${quoted(columnsOf(this.#version))} from ${table} where id = any($1)`;
    const rows = await this.#query("select", sql, [`{${ids.join()}}`]);
    return new Map(rows.map((row) => [Number(row["id"]), row]));
  }

  /** BEGIN and its like. */
  async run(sql: string): Promise<void> {
    await this.#query(sql, sql);
  }

  async end(): Promise<void> {
    await this.#session.end();
  }

  #key(): readonly string[] {
    return ["id", ...Object.keys(this.#version.fixed ?? {})];
  }

  #insertion(row: PlainRow): string {
    const columns = Object.keys(row);
    const marks = columns.map((_, index) => `$${index + 2}`).join(", ");
    return `insert into ${this.#version.table} (id, ${quoted(columns)}) values ($1, ${marks})`;
  }

  #from(source: string): string {
    const columns = Object.keys(this.#version.columns).map(pg.escapeIdentifier);
    return columns.map((column) => `${column} = ${source}.${column}`).join(", ");
  }

  async #query(kind: string, sql: string, values: readonly unknown[] = []): Promise<readonly Found[]> {
    const name = (this.#version.named ?? true) ? { name: nameOf(sql) } : {};
    return await this.#timed(kind, sql, values, async () => {
      if (values.length === 0) return (await this.#session.query<Record<string, unknown>>(sql)).rows;
      return (await this.#session.query<Record<string, unknown>>({ text: sql, values: [...values], ...name })).rows;
    });
  }

  async #timed<T>(kind: string, sql: string, values: readonly unknown[], run: () => Promise<T>): Promise<T> {
    const started = performance.now();
    try {
      return await run();
    } catch (error) {
      throw new FailedQuery(this.#side, sql, values, error);
    } finally {
      this.#took(`${this.#side} ${kind}`, performance.now() - started, sql);
    }
  }
}

const quoted = (columns: readonly string[]): string => columns.map(pg.escapeIdentifier).join(", ");
const assignments = (row: PlainRow): string =>
  Object.keys(row)
    .map((column, index) => `${pg.escapeIdentifier(column)} = $${index + 2}`)
    .join(", ");

const statementNames = new Map<string, string>();
function nameOf(sql: string): string {
  const name = statementNames.get(sql) ?? `s${statementNames.size + 1}`;
  statementNames.set(sql, name);
  return name;
}

interface CopyConnection {
  sendCopyFromChunk(chunk: Buffer): void;
  endCopyFrom(): void;
}

/** COPY … FROM STDIN, which the driver leaves to those who ask for it. */
function copyIn(session: pg.Client, sql: string, data: string): Promise<void> {
  const query = new pg.Query(sql) as pg.Query & { handleCopyInResponse(connection: CopyConnection): void };
  query.handleCopyInResponse = (connection) => {
    connection.sendCopyFromChunk(Buffer.from(data));
    connection.endCopyFrom();
  };
  return new Promise((resolve, reject) => {
    query.on("end", () => resolve());
    query.on("error", reject);
    session.query(query);
  });
}
