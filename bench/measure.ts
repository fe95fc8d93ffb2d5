import { setTimeout as delay } from "node:timers/promises";
import type { BenchServer, Template } from "./bench-server.ts";
import { ClientLoad } from "./client-load.ts";
import type { LoadReport } from "./load-protocol.ts";
import type { Method, MethodName, Target } from "./method.ts";
import { COLUMN, EXPRESSION } from "./shape.ts";

/** One run of one method. */
export interface Run {
  readonly method: MethodName;
  /** Milliseconds that the fill alone took. */
  readonly ms: number;
  /** Milliseconds with the preparation: for Segue, `expand` and `backfill`. */
  readonly wholeMs: number;
  /** Bytes a row. */
  readonly wal: number;
  /** Size after the fill by the size before it. */
  readonly heapGrowth: number;
  readonly indexGrowth: number;
  /** The share of HOT among all updates; the clients' are among them. */
  readonly hotShare: number | null;
  /** Milliseconds of processor time of the benchmark's own process, in which Segue runs. */
  readonly nodeCpuMs: number;
  /** Transactions in the table's database; the clients' are among them. */
  readonly transactions: number;
  /** Null without clients. */
  readonly load: LoadReport | null;
}

/** What the clients are that run beside a fill. */
export interface Clients {
  readonly rate: number;
  readonly connections: number;
}

const DATABASE = "segue_bench_run";

const STATE = `SELECT pg_relation_size('orders')::float8 AS heap, pg_indexes_size('orders')::float8 AS indexes,
  (pg_current_wal_insert_lsn() - '0/0')::float8 AS wal,
  s.n_tup_upd::float8 AS updates, s.n_tup_hot_upd::float8 AS hot,
  (SELECT xact_commit::float8 FROM pg_stat_database WHERE datname = current_database()) AS transactions
  FROM pg_stat_user_tables s WHERE s.relid = 'orders'::regclass`;

interface State {
  readonly heap: number;
  readonly indexes: number;
  readonly wal: number;
  readonly updates: number;
  readonly hot: number;
  readonly transactions: number;
}

/**
 * Runs one method on a fresh copy of the template, with clients beside it or without.
 *
 * @throws Error if a row is wrong afterwards, or a transaction of a client has failed
 */
export async function measure(
  server: BenchServer,
  template: Template,
  method: Method,
  clients: Clients | null,
): Promise<Run> {
  const { rows } = template;
  const target: Target = { server, database: DATABASE, rows };
  await server.copyTemplate(template, DATABASE);
  const preparing = performance.now();
  await method.prepare(target);
  const prepared = performance.now() - preparing;
  await server.settle(DATABASE);
  const load = clients === null ? null : await startClients(server, rows, clients);
  try {
    const before = await readState(server);
    load?.begin();
    const cpu = process.cpuUsage();
    const started = performance.now();
    await method.run(target);
    const ms = performance.now() - started;
    const spent = process.cpuUsage(cpu);
    const report = (await load?.end()) ?? null;
    if (report !== null && report.failed.length > 0)
      throw new Error(`${method.label}: ${report.failed.length} transactions of clients failed: ${report.failed[0]}`);
    await untilAlone(server);
    const after = await readState(server);
    await requireRight(server, method);
    const updates = after.updates - before.updates;
    return {
      method: method.name,
      ms,
      wholeMs: prepared + ms,
      wal: (after.wal - before.wal) / rows,
      heapGrowth: after.heap / before.heap,
      indexGrowth: after.indexes / before.indexes,
      hotShare: updates > 0 ? (after.hot - before.hot) / updates : null,
      nodeCpuMs: (spent.user + spent.system) / 1000,
      transactions: after.transactions - before.transactions,
      load: report,
    };
  } finally {
    load?.kill();
  }
}

/** The clients over a table whose sync is live and that nobody fills: alone, or beside a session that only computes. */
export async function measureClients(
  server: BenchServer,
  template: Template,
  prepare: Method["prepare"],
  clients: Clients,
  { ms, beside }: { readonly ms: number; readonly beside: "nothing" | "computing" },
): Promise<LoadReport> {
  const { rows } = template;
  await server.copyTemplate(template, DATABASE);
  await prepare({ server, database: DATABASE, rows });
  await server.settle(DATABASE);
  const load = await startClients(server, rows, clients);
  try {
    load.begin();
    await (beside === "computing" ? compute(server, ms) : delay(ms));
    return await load.end();
  } finally {
    load.kill();
  }
}

/** Keeps one processor of the server busy, without a row, a lock or a byte of WAL. */
async function compute(server: BenchServer, ms: number): Promise<void> {
  const ended = performance.now() + ms;
  await server.connected(DATABASE, async (client) => {
    while (performance.now() < ended) await client.query("SELECT sum(sqrt(n)) FROM generate_series(1, 50000) AS n");
  });
}

async function startClients(server: BenchServer, rows: number, clients: Clients): Promise<ClientLoad> {
  return await ClientLoad.start({ url: server.urlOf(DATABASE), rows, ...clients });
}

async function readState(server: BenchServer): Promise<State> {
  const [state] = await server.sql<{ [key in keyof State]: number }>(DATABASE, STATE);
  if (state === undefined) throw new Error("The table has no statistics");
  return state;
}

/** A session's counts reach the statistics at its end at the latest. */
async function untilAlone(server: BenchServer): Promise<void> {
  for (;;) {
    const [found] = await server.sql<{ others: number }>(
      null,
      `SELECT count(*)::int AS others FROM pg_stat_activity WHERE datname = '${DATABASE}' AND backend_type = 'client backend'`,
    );
    if (found?.others === 0) return;
    await delay(20);
  }
}

async function requireRight(server: BenchServer, { label, column }: Method): Promise<void> {
  const [found] = await server.sql<{ wrong: number }>(
    DATABASE,
    `SELECT count(*)::int AS wrong FROM orders WHERE ${column ?? COLUMN} IS DISTINCT FROM ${EXPRESSION}`,
  );
  if (found?.wrong !== 0) throw new Error(`${label}: ${found?.wrong} rows are wrong`);
}
