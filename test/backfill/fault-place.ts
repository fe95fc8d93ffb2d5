import pg from "pg";
import { onTestFinished } from "vitest";
import type { Server } from "../../src/demo/server.ts";
import { createJournal, createPayments, type Queryable } from "./fill-database.ts";

/** A database of a test's own on a server that the test may crash. */
export interface Place extends Queryable {
  readonly server: Server;
  connect(name: string): Promise<pg.Client>;
  /** Restarts the server in the middle of what it does. */
  crash(): Promise<void>;
  /** Resolves when no crash is being recovered from. */
  ready(): Promise<void>;
}

/** How a table is walked, and by how many. */
export interface Method {
  readonly name: string;
  readonly workers: 1 | 2;
  /** Blocks of an extent. */
  readonly partBlocks: number;
  /** Makes the table's storage what this method is for. */
  readonly storage: string;
}

const OTHER = "CREATE ACCESS METHOD other TYPE TABLE HANDLER heap_tableam_handler;";
const PARTITIONED = `${OTHER}
CREATE TABLE parts (LIKE payments INCLUDING DEFAULTS, PRIMARY KEY (id)) PARTITION BY HASH (id);
${[0, 1, 2, 3].map((n) => `CREATE TABLE parts_${n} PARTITION OF parts FOR VALUES WITH (MODULUS 4, REMAINDER ${n}) USING other;`).join("\n")}
INSERT INTO parts SELECT * FROM payments;
DROP TABLE payments;
ALTER TABLE parts RENAME TO payments;
CREATE TRIGGER zzz_sync BEFORE INSERT OR UPDATE ON payments FOR EACH ROW
  WHEN (coalesce(current_setting('segue.fill', true), '') = '') EXECUTE FUNCTION sync_payments();`;
const UNORDERED = `${OTHER}
ALTER TABLE payments RENAME TO heap;
CREATE TABLE payments (LIKE heap INCLUDING ALL) USING other;
INSERT INTO payments SELECT * FROM heap;
DROP TABLE heap;
CREATE TRIGGER zzz_sync BEFORE INSERT OR UPDATE ON payments FOR EACH ROW
  WHEN (coalesce(current_setting('segue.fill', true), '') = '') EXECUTE FUNCTION sync_payments();`;

export const METHODS: readonly Method[] = [
  { name: "stripes, one worker", workers: 1, partBlocks: 10_000, storage: "" },
  { name: "stripes, two workers", workers: 2, partBlocks: 25, storage: "" },
  { name: "key, one worker", workers: 1, partBlocks: 10_000, storage: UNORDERED },
  { name: "key, two workers", workers: 2, partBlocks: 10_000, storage: PARTITIONED },
];

let databases = 0;

/** Makes a database with `payments` of so many rows, which the clients and the fill are to meet in. */
export async function placeOn(server: Server, { storage }: Method, rows: number): Promise<Place> {
  databases += 1;
  const name = `faults_${databases}`;
  await once(server.url, `CREATE DATABASE ${name}`);
  const url = Object.assign(new URL(server.url), { pathname: `/${name}` }).href;
  const pool = new pg.Pool({ connectionString: url, max: 4 });
  pool.on("error", () => undefined);
  onTestFinished(() => pool.end());
  let crashing: Promise<void> = Promise.resolve();
  const place: Place = {
    url,
    server,
    query: async (text, values) => (await pool.query(text, values)).rows,
    connect: async (application_name) => {
      const client = new pg.Client({ connectionString: url, application_name });
      client.on("error", () => undefined);
      await client.connect();
      onTestFinished(() => client.end());
      return client;
    },
    crash: () => (crashing = server.restart("immediate")),
    ready: () => crashing,
  };
  await createJournal(place);
  await createPayments(place, rows);
  await place.query(storage);
  await place.query(FIRED);
  return place;
}

/** Writes down which rows a fill has written. */
const FIRED = `
CREATE TABLE fired (id bigint);
CREATE FUNCTION fired() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN INSERT INTO public.fired VALUES (NEW.id); RETURN NULL; END $$;
CREATE TRIGGER fired AFTER UPDATE ON payments FOR EACH ROW WHEN (current_setting('segue.fill', true) <> '') EXECUTE FUNCTION fired();
ANALYZE payments`;

async function once(url: string, sql: string): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    await client.query(sql);
  } finally {
    await client.end();
  }
}
