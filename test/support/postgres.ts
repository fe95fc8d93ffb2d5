import { randomBytes } from "node:crypto";
import pg from "pg";
import { afterAll, inject, onTestFinished } from "vitest";

/** The majors to test on, for tests that loop over them: `SEGUE_TEST_MAJORS`, by default the oldest and the newest. */
export const MAJORS: readonly number[] = inject("majors");
/** The major of a database that names none: `SEGUE_TEST_MAJOR`, by default the newest of `MAJORS`. */
export const MAJOR: number = inject("major");

/** How long a session may take to go after its client said goodbye, before it counts as leaked. */
const LEAK_TIMEOUT_MS = 3_000;
const PLAIN_CONNECTIONS = 4;

export interface TestDatabaseOptions {
  readonly major?: number;
  /** Filled once a run and server, then cloned: for data that takes long to load. */
  readonly template?: DatabaseTemplate;
  /** Run in the new database. */
  readonly script?: string;
}

export interface DatabaseTemplate {
  /** Lower-case letters, digits and _. */
  readonly name: string;
  readonly script: string | ((client: pg.Client) => Promise<unknown>);
}

export interface TestDatabase {
  readonly url: string;
  readonly name: string;
  readonly major: number;
  /** Returns the rows. Two calls at once use two sessions, and none keeps state from call to call. */
  query<R extends pg.QueryResultRow = pg.QueryResultRow>(text: string, values?: unknown[]): Promise<R[]>;
  /** A session of its own; ended by `drop`, if the test has not. */
  connect(options?: pg.ClientConfig): Promise<pg.Client>;
  /** Happens by itself when the test ends; fails if what the test used left a connection open. */
  drop(): Promise<void>;
}

const ofThisFile = new Set<TestDatabase>();
afterAll(async () => {
  for (const database of ofThisFile) await database.drop();
});

/**
 * Creates an empty database. Called in a test (or in beforeEach) it is dropped when the test ends, else when the
 * file's tests have ended.
 */
export async function testDatabase(options: TestDatabaseOptions = {}): Promise<TestDatabase> {
  const major = options.major ?? MAJOR;
  const server = await serverUrl(major);
  const name = `${inject("run")}_${randomBytes(4).toString("hex")}`;
  const template = options.template === undefined ? "template0" : await templateDatabase(server, options.template);
  await asAdministrator(server, (admin) => admin.query(`create database ${name} template ${template}`));
  const database = openDatabase(server, name, major);
  dropAtEnd(database);
  if (options.script !== undefined) await database.query(options.script);
  return database;
}

interface DroppableDatabase extends TestDatabase {
  /** Drops it without looking for leaks: a failed test has not come to closing what it opened. */
  discard(): Promise<void>;
}

function openDatabase(server: string, name: string, major: number): DroppableDatabase {
  const url = databaseUrl(server, name);
  const pool = new pg.Pool({ connectionString: url, max: PLAIN_CONNECTIONS, application_name: "test" });
  pool.on("error", () => undefined);
  const clients = new Set<pg.Client>();
  let dropped = false;
  const drop = async (checkLeaks: boolean): Promise<void> => {
    if (dropped) return;
    dropped = true;
    await Promise.all([...clients].map((client) => client.end()));
    // A query that still runs would keep the pool from ending.
    void pool.end();
    await asAdministrator(server, async (admin) => {
      const leaked = checkLeaks ? await leakedSessions(admin, name) : [];
      await admin.query(`drop database if exists ${name} with (force)`);
      if (leaked.length > 0) throw new Error(`The test left connections open: ${leaked.join("; ")}`);
    });
  };
  return {
    url,
    name,
    major,
    async query<R extends pg.QueryResultRow>(text: string, values?: unknown[]) {
      return (await pool.query<R>(text, values)).rows;
    },
    async connect(options) {
      const client = await connect({ connectionString: url, application_name: "test", ...options });
      clients.add(client);
      client.once("end", () => clients.delete(client));
      return client;
    },
    drop: () => drop(true),
    discard: () => drop(false),
  };
}

function dropAtEnd(database: DroppableDatabase): void {
  try {
    onTestFinished(({ task }) => (task.result?.state === "fail" ? database.discard() : database.drop()));
  } catch {
    // Outside of a test.
    ofThisFile.add(database);
  }
}

/** Sessions end a moment after their client: only what stays is leaked. */
async function leakedSessions(admin: pg.Client, database: string): Promise<string[]> {
  const deadline = performance.now() + LEAK_TIMEOUT_MS;
  for (;;) {
    const { rows } = await admin.query<{ session: string }>(
      `select format('application_name %s, pid %s, %s: %s', quote_literal(application_name), pid, state, left(query, 200)) as session
       from pg_stat_activity where datname = $1 and backend_type = 'client backend'`,
      [database],
    );
    if (rows.length === 0 || performance.now() > deadline) return rows.map((row) => row.session);
    await admin.query("select pg_sleep(0.01)");
  }
}

/** What this process has found to be there, by server and name: it stays until the run ends. */
const templates = new Map<string, Promise<string>>();

function templateDatabase(server: string, template: DatabaseTemplate): Promise<string> {
  const key = `${server} ${template.name}`;
  const made = templates.get(key) ?? makeTemplate(server, template);
  templates.set(key, made);
  return made;
}

async function makeTemplate(server: string, template: DatabaseTemplate): Promise<string> {
  const name = `${inject("run")}_template_${template.name}`;
  await asAdministrator(server, async (admin) => {
    // Test files run in several processes: one makes it, the others wait. The lock ends with the session.
    await admin.query("select pg_advisory_lock(hashtext($1))", [name]);
    const { rowCount } = await admin.query("select from pg_database where datname = $1 and datistemplate", [name]);
    if (rowCount === 1) return;
    await admin.query(`drop database if exists ${name} with (force)`);
    await admin.query(`create database ${name} template template0`);
    const client = await connect({ connectionString: databaseUrl(server, name), application_name: "test" });
    try {
      await (typeof template.script === "string" ? client.query(template.script) : template.script(client));
    } finally {
      await client.end();
    }
    await leakedSessions(admin, name);
    await admin.query(`alter database ${name} is_template true`);
  });
  return name;
}

async function serverUrl(major: number): Promise<string> {
  const response = await fetch(`${inject("broker")}/${major}`);
  const answer = await response.text();
  if (!response.ok) throw new Error(`No PostgreSQL ${major} to test on: ${answer}`);
  return answer;
}

function databaseUrl(server: string, name: string): string {
  const url = new URL(server);
  url.pathname = `/${name}`;
  return url.href;
}

async function connect(config: pg.ClientConfig): Promise<pg.Client> {
  const client = new pg.Client(config);
  // A server that ends a session on purpose is the test's own doing.
  client.on("error", () => undefined);
  await client.connect();
  return client;
}

async function asAdministrator<T>(server: string, work: (admin: pg.Client) => Promise<T>): Promise<T> {
  const admin = await connect({ connectionString: server, application_name: "test administrator" });
  try {
    return await work(admin);
  } finally {
    await admin.end();
  }
}
