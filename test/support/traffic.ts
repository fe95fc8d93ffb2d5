import pg from "pg";
import {
  columnsOf,
  COUNTER,
  fixedOf,
  type Filled,
  type Oracle,
  type Row,
  type Side,
  type Value,
  type Version,
} from "./oracle.ts";
import type { TestDatabase } from "./postgres.ts";

/** Rows 1 to this are written by every client; each counts its writes in the column `hits`. */
export const HOT_ROWS = 3;
/** Clients of a version; and what the ids that a client owns have in common. */
const CLIENTS: Readonly<Record<Side, number>> = { old: 2, new: 2 };
const STRIDE = CLIENTS.old + CLIENTS.new;
const DEADLINE_MS = 60_000;

/** What every client does, by the names in `Traffic.counts`. */
export const EVERY_KIND = ["insert", "update", "delete", "upsert", "copy", "select", "select *", "commit", "rollback"];

/** A query of the application that failed: what must never happen. */
export class FailedQuery extends Error {
  constructor(side: Side, sql: string, values: readonly unknown[], cause: unknown) {
    const message =
      cause instanceof Error
        ? `${cause.message} (${(cause as { code?: string }).code ?? "no SQLSTATE"})`
        : String(cause);
    super(`the ${side} version's query failed: ${message}\n  ${sql}\n  ${JSON.stringify(values)}`, { cause });
  }
}

/**
 * Clients of the old and the new version of an application. Each owns the rows whose id is its own by the stride, keeps
 * what it wrote in the oracle, and compares on every read; the hot rows are everyone's.
 */
export class Traffic {
  readonly #database: TestDatabase;
  readonly #oracle: Oracle;
  readonly #firstNewId: number;
  readonly #running = new Map<Side, Client[]>();
  #failure: Error | null = null;
  #numbers = 0;
  /** The longest that a query took, in milliseconds, and what it was. */
  slowest = { ms: 0, sql: "" };
  /** How many queries of each kind came through. */
  readonly counts: Record<string, number> = {};

  constructor(database: TestDatabase, oracle: Oracle, firstNewId: number) {
    this.#database = database;
    this.#oracle = oracle;
    this.#firstNewId = firstNewId;
  }

  /** A version is deployed: its clients connect and begin. */
  async start(side: Side): Promise<void> {
    const clients: Client[] = [];
    for (let index = 0; index < CLIENTS[side]; index += 1) {
      const session = await this.#database.connect({
        types: { getTypeParser: () => (text: string) => text },
        application_name: `${side} app`,
      });
      clients.push(
        new Client(this.#context(), side, index + (side === "new" ? CLIENTS.old : 0), session, this.#firstNewId),
      );
    }
    this.#running.set(side, clients);
    for (const client of clients) client.begin();
  }

  /** A version is gone: its clients finish what they are at and disconnect. */
  async stop(side: Side): Promise<void> {
    const clients = this.#running.get(side) ?? [];
    this.#running.delete(side);
    await Promise.all(clients.map((client) => client.end()));
    this.check();
  }

  async stopAll(): Promise<void> {
    for (const side of [...this.#running.keys()]) await this.stop(side);
  }

  /** Runs `work` while no client has anything under way. */
  async quietly<T>(work: () => Promise<T>): Promise<T> {
    const clients = [...this.#running.values()].flat();
    await Promise.all(clients.map((client) => client.pause()));
    this.check();
    const result = await work();
    for (const client of clients) client.resume();
    return result;
  }

  /** Returns once every running client has done so many more turns. */
  async turns(count: number): Promise<void> {
    const clients = [...this.#running.values()].flat();
    const deadline = performance.now() + DEADLINE_MS;
    const goals = clients.map((client) => client.turn + count);
    while (clients.some((client, index) => client.turn < (goals[index] ?? 0))) {
      this.check();
      if (performance.now() > deadline) throw new Error(`the clients did not get on within ${DEADLINE_MS} ms`);
      await Promise.race(clients.map((client) => client.nextTurn()));
    }
    this.check();
  }

  /** @throws what went wrong first, if anything did */
  check(): void {
    if (this.#failure !== null) throw this.#failure;
  }

  #context(): ClientContext {
    return {
      oracle: this.#oracle,
      major: this.#database.major,
      number: () => (this.#numbers += 1),
      failed: (error) => {
        this.#failure ??= error;
      },
      isOver: () => this.#failure !== null,
      took: (kind, ms, sql) => {
        this.counts[kind] = (this.counts[kind] ?? 0) + 1;
        if (ms > this.slowest.ms) this.slowest = { ms, sql };
      },
    };
  }
}

interface ClientContext {
  readonly oracle: Oracle;
  readonly major: number;
  /** A number that no other write gets. */
  number(): number;
  failed(error: Error): void;
  isOver(): boolean;
  took(kind: string, ms: number, sql: string): void;
}

type Op =
  | "insert"
  | "defaults"
  | "own"
  | "shared"
  | "delete"
  | "upsert"
  | "merge"
  | "transaction"
  | "star"
  | "read"
  | "copy"
  | "hot";
const OPS: readonly Op[] = [
  "insert",
  "own",
  "shared",
  "hot",
  "upsert",
  "star",
  "transaction",
  "read",
  "delete",
  "insert",
  "copy",
  "own",
  "defaults",
  "hot",
  "merge",
];

class Client {
  readonly #context: ClientContext;
  readonly #side: Side;
  readonly #version: Version;
  readonly #index: number;
  readonly #session: pg.Client;
  #nextId: number;
  turn = 0;
  #ending = false;
  #done: Promise<void> = Promise.resolve();
  #paused: Promise<void> | null = null;
  #resume: () => void = () => undefined;
  #idle: () => void = () => undefined;
  #waiters: (() => void)[] = [];

  constructor(context: ClientContext, side: Side, index: number, session: pg.Client, firstNewId: number) {
    this.#context = context;
    this.#side = side;
    this.#version = context.oracle.versions[side];
    this.#index = index;
    this.#session = session;
    const known = context.oracle.ids(side).filter((id) => id % STRIDE === index);
    this.#nextId = Math.max(firstNewId - (firstNewId % STRIDE) + index + STRIDE, ...known.map((id) => id + STRIDE));
  }

  begin(): void {
    this.#done = this.#loop();
  }

  async end(): Promise<void> {
    this.#ending = true;
    this.resume();
    await this.#done;
    await this.#session.end();
  }

  /** Resolves once nothing is under way. */
  async pause(): Promise<void> {
    if (this.#ending || this.#context.isOver()) return;
    const idle = new Promise<void>((resolve) => {
      this.#idle = resolve;
    });
    this.#paused = new Promise((resolve) => {
      this.#resume = resolve;
    });
    await Promise.race([idle, this.#done]);
  }

  resume(): void {
    this.#paused = null;
    this.#resume();
  }

  nextTurn(): Promise<void> {
    return new Promise((resolve) => {
      this.#waiters.push(resolve);
    });
  }

  async #loop(): Promise<void> {
    while (!this.#ending && !this.#context.isOver()) {
      if (this.#paused !== null) {
        this.#idle();
        await this.#paused;
        continue;
      }
      try {
        await this.#act(OPS[(this.turn + this.#index * 4) % OPS.length] as Op);
      } catch (error) {
        this.#context.failed(error as Error);
      }
      this.turn += 1;
      for (const wake of this.#waiters.splice(0)) wake();
    }
  }

  async #act(op: Op): Promise<void> {
    const filled = this.#context.oracle.filled;
    switch (op) {
      case "insert":
        return await this.#insert(this.#newId(), filled);
      case "defaults":
        return await this.#insertWithDefaults(filled);
      case "own":
        return await this.#update(this.#anyId(), this.#patch(this.#ownColumns()), filled);
      case "shared":
        return await this.#update(this.#anyId(), this.#patch(this.#sharedColumns()), filled);
      case "delete":
        return await this.#delete();
      case "upsert":
        await this.#upsert(this.#anyId(), filled);
        return await this.#upsert(this.#newId(), filled);
      case "merge":
        // Before 15 there is none.
        return await (this.#context.major < 15
          ? this.#transaction(filled)
          : this.#merge(this.turn % 2 === 0 ? this.#anyId() : this.#newId(), filled));
      case "transaction":
        return await this.#transaction(filled);
      case "star":
        return await this.#readStar(this.#anyId());
      case "read":
        return await this.#readPrepared([this.#anyId(), this.#anyId()]);
      case "copy":
        return await this.#copy(filled);
      case "hot":
        return await this.#hot(filled);
      default:
        return op satisfies never;
    }
  }

  async #insert(id: number, filled: Filled): Promise<void> {
    const row = this.#row(id);
    await this.#query(
      "insert",
      `insert into ${this.#version.table} (id, ${names(row)}) values ($1, ${marks(row, 2)})`,
      [id, ...Object.values(row)],
    );
    this.#context.oracle.inserted(this.#side, id, row, this.#meanwhile(filled));
  }

  async #insertWithDefaults(filled: Filled): Promise<void> {
    const { defaults = {} } = this.#version;
    const id = this.#newId();
    const row = Object.fromEntries(Object.entries(this.#row(id)).filter(([column]) => !(column in defaults)));
    await this.#query(
      "insert with defaults",
      `insert into ${this.#version.table} (id, ${names(row)}) values ($1, ${marks(row, 2)})`,
      [id, ...Object.values(row)],
    );
    this.#context.oracle.inserted(this.#side, id, row, this.#meanwhile(filled));
  }

  async #update(id: number | null, patch: PlainRow, filled: Filled): Promise<void> {
    if (id === null || Object.keys(patch).length === 0) return;
    await this.#query("update", `update ${this.#version.table} set ${assignments(patch, 2)} where id = $1`, [
      id,
      ...Object.values(patch),
    ]);
    this.#context.oracle.updated(this.#side, id, patch, this.#meanwhile(filled));
  }

  async #delete(): Promise<void> {
    const id = this.#anyId();
    if (id === null) return;
    await this.#query("delete", `delete from ${this.#version.table} where id = $1`, [id]);
    this.#context.oracle.deleted(this.#side, id);
  }

  async #upsert(id: number | null, filled: Filled): Promise<void> {
    if (id === null) return;
    const row = this.#row(id);
    const exists = this.#context.oracle.expected(this.#side, id) !== undefined;
    const target = quoted(["id", ...Object.keys(this.#version.fixed ?? {})]);
    const set = Object.keys(this.#version.columns)
      .map(pg.escapeIdentifier)
      .map((column) => `${column} = excluded.${column}`)
      .join(", ");
    const sql = `insert into ${this.#version.table} (id, ${names(row)}) values ($1, ${marks(row, 2)}) on conflict (${target}) do update set ${set}`;
    await this.#query("upsert", sql, [id, ...Object.values(row)]);
    if (exists) this.#context.oracle.updated(this.#side, id, row, this.#meanwhile(filled));
    else this.#context.oracle.inserted(this.#side, id, row, this.#meanwhile(filled));
  }

  async #merge(id: number | null, filled: Filled): Promise<void> {
    if (id === null) return;
    const { table, fixed = {}, columns } = this.#version;
    const row = this.#row(id);
    const exists = this.#context.oracle.expected(this.#side, id) !== undefined;
    const keys = ["id", ...Object.keys(fixed)].map(
      (column) => `t.${pg.escapeIdentifier(column)} = s.${pg.escapeIdentifier(column)}`,
    );
    const set = Object.keys(columns)
      .map(pg.escapeIdentifier)
      .map((column) => `${column} = s.${column}`);
    const values = ["id", ...Object.keys(row)].map((column) => `s.${pg.escapeIdentifier(column)}`);
    const sql =
      `merge into ${table} t using jsonb_populate_record(null::${table}, $1) s on ${keys.join(" and ")} ` +
      `when matched then update set ${set.join(", ")} when not matched then insert (id, ${names(row)}) values (${values.join(", ")})`;
    await this.#query("merge", sql, [JSON.stringify({ id, ...row })]);
    if (exists) this.#context.oracle.updated(this.#side, id, row, this.#meanwhile(filled));
    else this.#context.oracle.inserted(this.#side, id, row, this.#meanwhile(filled));
  }

  /** Several rows in one transaction; every other one is rolled back, to a savepoint or as a whole. */
  async #transaction(filled: Filled): Promise<void> {
    const { table } = this.#version;
    const commits = this.turn % 2 === 0;
    const [fresh, first] = [this.#newId(), this.#anyId()];
    const row = this.#row(fresh);
    const patch = this.#patch(this.#ownColumns());
    const spoiled = this.#patch(Object.keys(this.#version.columns));
    await this.#query("begin", "begin");
    await this.#query("insert", `insert into ${table} (id, ${names(row)}) values ($1, ${marks(row, 2)})`, [
      fresh,
      ...Object.values(row),
    ]);
    if (first !== null) {
      await this.#query("savepoint", "savepoint before");
      await this.#query("update", `update ${table} set ${assignments(spoiled, 2)} where id = $1`, [
        first,
        ...Object.values(spoiled),
      ]);
      await this.#query("delete", `delete from ${table} where id = $1`, [fresh]);
      await this.#query("rollback to savepoint", "rollback to savepoint before");
      if (Object.keys(patch).length > 0) {
        await this.#query("update", `update ${table} set ${assignments(patch, 2)} where id = $1`, [
          first,
          ...Object.values(patch),
        ]);
      }
    }
    await this.#query(commits ? "commit" : "rollback", commits ? "commit" : "rollback");
    if (!commits) return;
    this.#context.oracle.inserted(this.#side, fresh, row, this.#meanwhile(filled));
    if (first !== null) this.#context.oracle.updated(this.#side, first, patch, this.#meanwhile(filled));
  }

  /** A row that all clients write: locked, counted, written. The counter tells the order of the commits. */
  async #hot(filled: Filled): Promise<void> {
    const { table } = this.#version;
    const id = 1 + ((this.turn + this.#index) % HOT_ROWS);
    if (this.#context.oracle.expected(this.#side, id) === undefined) return;
    const patch = this.#patch(this.turn % 3 === 0 ? this.#sharedColumns() : this.#ownColumns());
    await this.#query("begin", "begin");
    const { rows } = await this.#query("lock", `select ${COUNTER} from ${table} where id = $1 for update`, [id]);
    const turn = Number(rows[0]?.[COUNTER]) + 1;
    const changes = [
      `${COUNTER} = ${COUNTER} + 1`,
      ...(Object.keys(patch).length === 0 ? [] : [assignments(patch, 2)]),
    ].join(", ");
    await this.#query("hot update", `update ${table} set ${changes} where id = $1`, [id, ...Object.values(patch)]);
    await this.#query("commit", "commit");
    this.#context.oracle.hotUpdated(this.#side, id, turn, patch, this.#meanwhile(filled));
  }

  async #readStar(id: number | null): Promise<void> {
    if (id === null) return;
    const { rows } = await this.#query("select *", `select * from ${this.#version.table} where id = ${id}`);
    this.#compare(id, rows[0]);
  }

  async #readPrepared(ids: readonly (number | null)[]): Promise<void> {
    const wanted = ids.filter((id) => id !== null);
    const sql = `select id, ${COUNTER}, ${quoted(columnsOf(this.#version))} from ${this.#version.table} where id = any($1)`;
    const { rows } = await this.#query("select", sql, [`{${wanted.join()}}`]);
    for (const id of wanted)
      this.#compare(
        id,
        rows.find((row) => Number(row["id"]) === id),
      );
  }

  async #copy(filled: Filled): Promise<void> {
    const ids = [this.#newId(), this.#newId()];
    const rows = ids.map((id) => this.#row(id));
    const sql = `copy ${this.#version.table} (id, ${names(rows[0] as PlainRow)}) from stdin`;
    const lines = ids.map((id, index) =>
      [String(id), ...Object.values(rows[index] as PlainRow)].map((value) => value ?? "\\N").join("\t"),
    );
    await this.#timed("copy", sql, [], () => copyIn(this.#session, sql, `${lines.join("\n")}\n`));
    ids.forEach((id, index) =>
      this.#context.oracle.inserted(this.#side, id, rows[index] as PlainRow, this.#meanwhile(filled)),
    );
  }

  #compare(id: number, row: Readonly<Record<string, unknown>> | undefined): void {
    const wrong = this.#context.oracle.compare(this.#side, id, row);
    if (wrong !== null) throw new Error(`a client read what nobody wrote: ${wrong}`);
  }

  async #query(
    kind: string,
    sql: string,
    values: readonly unknown[] = [],
    named = this.#version.named ?? true,
  ): Promise<pg.QueryResult<Record<string, unknown>>> {
    const name = named ? { name: nameOf(sql) } : {};
    const run = (): Promise<pg.QueryResult<Record<string, unknown>>> =>
      values.length === 0 ? this.#session.query(sql) : this.#session.query({ text: sql, values: [...values], ...name });
    return await this.#timed(kind, sql, values, run);
  }

  async #timed<T>(kind: string, sql: string, values: readonly unknown[], run: () => Promise<T>): Promise<T> {
    const started = performance.now();
    try {
      return await run();
    } catch (error) {
      throw new FailedQuery(this.#side, sql, values, error);
    } finally {
      this.#context.took(`${this.#side} ${kind}`, performance.now() - started, sql);
    }
  }

  /** What is filled changed while a write was under way: it may have been before or after. */
  #meanwhile(before: Filled): Filled {
    return this.#context.oracle.filled === before ? before : "maybe";
  }

  #newId(): number {
    const id = this.#nextId;
    this.#nextId += STRIDE;
    return id;
  }

  /** A row of this client's own, a different one each time; null while it has none. */
  #anyId(): number | null {
    const own = this.#context.oracle.ids(this.#side).filter((id) => id > HOT_ROWS && id % STRIDE === this.#index);
    return own[(this.#context.number() * 7919) % own.length] ?? null;
  }

  #row(id: number): PlainRow {
    return { ...fixedOf(this.#version, id), ...this.#patch(Object.keys(this.#version.columns)) };
  }

  #patch(columns: readonly string[]): PlainRow {
    return Object.fromEntries(
      columns.map((column) => [
        column,
        (this.#version.columns[column] as (n: number) => Value)(this.#context.number()),
      ]),
    );
  }

  /** One or all of the columns that only this version knows; of all its columns if both know the same. */
  #ownColumns(): readonly string[] {
    const other = this.#context.oracle.versions[this.#side === "old" ? "new" : "old"];
    const all = Object.keys(this.#version.columns);
    const own = all.filter((column) => !(column in other.columns));
    const from = own.length === 0 ? all : own;
    return this.turn % 2 === 0 ? from : from.slice(this.turn % from.length).slice(0, 1);
  }

  #sharedColumns(): readonly string[] {
    const other = this.#context.oracle.versions[this.#side === "old" ? "new" : "old"];
    return Object.keys(this.#version.columns).filter((column) => column in other.columns);
  }
}

type PlainRow = Row & Readonly<Record<string, Value>>;

const quoted = (columns: readonly string[]): string => columns.map(pg.escapeIdentifier).join(", ");
const names = (row: PlainRow): string => quoted(Object.keys(row));
const marks = (row: PlainRow, first: number): string =>
  Object.keys(row)
    .map((_, index) => `$${first + index}`)
    .join(", ");
const assignments = (row: PlainRow, first: number): string =>
  Object.keys(row)
    .map((column, index) => `${pg.escapeIdentifier(column)} = $${first + index}`)
    .join(", ");

const statementNames = new Map<string, string>();
function nameOf(sql: string): string {
  const name = statementNames.get(sql) ?? `s${statementNames.size + 1}`;
  statementNames.set(sql, name);
  return name;
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

interface CopyConnection {
  sendCopyFromChunk(chunk: Buffer): void;
  endCopyFrom(): void;
}
