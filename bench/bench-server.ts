import pg from "pg";
import { startServer } from "../dist/demo/server.js";
import { type Shape, tableStatements } from "./shape.ts";

/** A database that runs start from. */
export interface Template {
  readonly database: string;
  readonly rows: number;
}

/** Autovacuum is off for the table itself (see shape.ts), so that it comes into no method's way by chance. */
const SETTINGS = {
  max_wal_size: "16GB",
  // Old WAL files are written over, as where something is written all the time: each new one would stop all commits for 20 to 50 ms.
  min_wal_size: "8GB",
  checkpoint_timeout: "30min",
  fsync: "on",
  full_page_writes: "on",
  max_connections: "50",
};

/** Everything of the table into memory, as far as it has room; by reading where pg_prewarm is missing. */
const PREWARM = `SELECT count(pg_prewarm(c.oid::regclass)) FROM pg_class c
  WHERE c.oid = 'orders'::regclass OR c.oid IN (SELECT indexrelid FROM pg_index WHERE indrelid = 'orders'::regclass)`;

const READ_ALL = "SELECT count(note) FROM orders";

/** The PostgreSQL that is measured on: one of its own, or the one that `--url` names. */
export class BenchServer {
  readonly #url: string;
  readonly #stop: () => Promise<void>;
  readonly own: boolean;
  readonly #made = new Set<string>();
  #prewarm = READ_ALL;

  private constructor(url: string, own: boolean, stop: () => Promise<void>) {
    this.#url = url;
    this.own = own;
    this.#stop = stop;
  }

  /** @param sharedBuffers of a server of its own; another one keeps its settings */
  static async open(url: string | null, sharedBuffers: string): Promise<BenchServer> {
    if (url !== null) return new BenchServer(url, false, async () => {});
    const server = await startServer({ settings: { ...SETTINGS, shared_buffers: sharedBuffers } });
    return new BenchServer(server.url, true, () => server.stop());
  }

  /** Ends a server of its own; takes the databases away that were made on another one. */
  async close(): Promise<void> {
    if (!this.own) for (const name of this.#made) await this.sql(null, `DROP DATABASE IF EXISTS ${name}`);
    await this.#stop();
  }

  /** @param database null for the one that the server's URL names */
  urlOf(database: string | null): string {
    const url = new URL(this.#url);
    if (database !== null) url.pathname = `/${database}`;
    return url.href;
  }

  /** Runs statements over one connection of their own, each in a transaction of its own; the last one's rows. */
  async sql<R extends pg.QueryResultRow = pg.QueryResultRow>(
    database: string | null,
    ...statements: readonly string[]
  ): Promise<R[]> {
    return await this.connected(database, async (client) => {
      let rows: R[] = [];
      for (const statement of statements) rows = (await client.query<R>(statement)).rows;
      return rows;
    });
  }

  async connected<T>(database: string | null, work: (client: pg.Client) => Promise<T>): Promise<T> {
    const client = new pg.Client({ connectionString: this.urlOf(database), application_name: "segue bench" });
    await client.connect();
    try {
      return await work(client);
    } finally {
      await client.end();
    }
  }

  /** Makes a database that runs start from. */
  async fillTemplate(shape: Shape): Promise<Template> {
    const database = `segue_bench_template_${shape.rows}`;
    await this.sql(null, `DROP DATABASE IF EXISTS ${database}`, `CREATE DATABASE ${database}`);
    this.#made.add(database);
    const [found] = await this.sql<{ has: boolean }>(
      database,
      "SELECT EXISTS (SELECT FROM pg_available_extensions WHERE name = 'pg_prewarm') AS has",
    );
    this.#prewarm = found?.has === true ? PREWARM : READ_ALL;
    if (found?.has === true) await this.sql(database, "CREATE EXTENSION IF NOT EXISTS pg_prewarm");
    await this.sql(database, ...tableStatements(shape));
    return { database, rows: shape.rows };
  }

  /** A fresh copy of a template, file by file: the same blocks in the same places. */
  async copyTemplate(template: Template, name: string): Promise<void> {
    const [found] = await this.sql<{ version: number }>(
      null,
      "SELECT current_setting('server_version_num')::int AS version",
    );
    const strategy = (found?.version ?? 0) >= 150_000 ? " STRATEGY file_copy" : "";
    this.#made.add(name);
    await this.sql(
      null,
      `DROP DATABASE IF EXISTS ${name}`,
      `CREATE DATABASE ${name} TEMPLATE ${template.database}${strategy}`,
    );
  }

  /** Reads the table into memory and writes everything out, so that each run pays for its own full-page images. */
  async settle(database: string): Promise<void> {
    await this.sql(database, this.#prewarm, "CHECKPOINT");
  }

  async drop(name: string): Promise<void> {
    await this.sql(null, `DROP DATABASE IF EXISTS ${name}`);
    this.#made.delete(name);
  }
}
