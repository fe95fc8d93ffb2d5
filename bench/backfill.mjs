// Fills a new column by one UPDATE and by Segue, in turn, and prints medians. See README.md here.
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import pg from "pg";
import { startServer } from "../dist/demo/server.js";
import { createSegue } from "../dist/index.js";

const { values } = parseArgs({
  options: {
    rows: { type: "string", default: "500000" },
    rounds: { type: "string", default: "3" },
    json: { type: "boolean", default: false },
  },
});
const rows = Number(values.rows);
const rounds = Number(values.rounds);

const SCHEMA = `
CREATE TABLE orders (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, customer_id integer NOT NULL, created_at timestamptz NOT NULL,
  amount text NOT NULL, note text NOT NULL
);
INSERT INTO orders (customer_id, created_at, amount, note)
SELECT hashint8(i) & 65535, '2026-01-01'::timestamptz + i * interval '1 s', (i % 9999)::text || '.50', repeat('x', 80)
  FROM generate_series(1, ${rows}) AS i;
CREATE INDEX ON orders (customer_id);
CREATE INDEX ON orders (created_at);`;

const PLAN = `
expand:
  - add_column: { table: orders, column: amount_cents, type: bigint }
  - sync: { table: orders, forward: { amount_cents: "(amount::numeric * 100)::bigint" } }
backfill:
  - fill: { table: orders }
`;

const plans = await mkdtemp(join(tmpdir(), "segue-bench-"));
await writeFile(join(plans, "1_amount_cents.yaml"), PLAN);
const server = await startServer({
  settings: { shared_buffers: "1GB", max_wal_size: "8GB", checkpoint_timeout: "30min", autovacuum: "off", fsync: "on" },
});

/** Runs SQL in one database over a connection of its own. */
async function sql(database, ...statements) {
  const client = new pg.Client({ connectionString: urlOf(database) });
  await client.connect();
  try {
    let last;
    for (const statement of statements) last = await client.query(statement);
    return last.rows[0];
  } finally {
    await client.end();
  }
}

function urlOf(database) {
  const url = new URL(server.url);
  url.pathname = `/${database}`;
  return url.href;
}

const SIZES = `SELECT pg_relation_size('orders')::float8 AS heap, pg_indexes_size('orders')::float8 AS indexes,
  pg_current_wal_insert_lsn() - '0/0' AS wal`;

async function measured(name, fill) {
  await sql("postgres", `DROP DATABASE IF EXISTS ${name}`, `CREATE DATABASE ${name} TEMPLATE filled`, "CHECKPOINT");
  const segue = createSegue({ url: urlOf(name), plans });
  await segue.expand("amount_cents");
  await sql(name, "SELECT count(*) FROM orders");
  const before = await sql(name, SIZES);
  const started = performance.now();
  await fill(name, segue);
  const ms = performance.now() - started;
  const after = await sql(name, SIZES);
  const { left } = await sql(
    name,
    "SELECT count(*)::int AS left FROM orders WHERE amount_cents IS DISTINCT FROM (amount::numeric * 100)::bigint",
  );
  if (left !== 0) throw new Error(`${name}: ${left} rows are wrong`);
  return {
    ms,
    wal: (after.wal - before.wal) / rows,
    heap: after.heap / before.heap,
    indexes: after.indexes / before.indexes,
  };
}

const WAYS = {
  one_update: (name) =>
    sql(name, "SET segue.fill = 'on'", "UPDATE orders SET amount_cents = (amount::numeric * 100)::bigint"),
  segue: async (_name, segue) => void (await segue.backfill("amount_cents")),
};

const median = (numbers) => numbers.toSorted((a, b) => a - b)[Math.floor(numbers.length / 2)];

try {
  await sql("postgres", "CREATE DATABASE filled");
  await sql("filled", SCHEMA, "VACUUM (ANALYZE, FREEZE) orders");
  const runs = Object.fromEntries(Object.keys(WAYS).map((way) => [way, []]));
  for (let round = 0; round < rounds; round += 1) {
    for (const [way, fill] of Object.entries(WAYS)) runs[way].push(await measured(way, fill));
  }
  const medians = Object.fromEntries(
    Object.entries(runs).map(([way, all]) => [
      way,
      Object.fromEntries(["ms", "wal", "heap", "indexes"].map((key) => [key, median(all.map((run) => run[key]))])),
    ]),
  );
  const { one_update: update, segue } = medians;
  const summary = {
    type: "summary",
    rows,
    rounds,
    ratios: { time: segue.ms / update.ms, wal: segue.wal / update.wal },
    heap_growth: segue.heap,
    index_growth: segue.indexes,
  };
  const print = (text) => process.stdout.write(`${text}\n`);
  if (values.json) print(JSON.stringify(summary));
  else {
    for (const [way, { ms, wal, heap, indexes }] of Object.entries(medians)) {
      print(
        `${way}: ${Math.round(ms)} ms, ${Math.round(wal)} bytes of WAL a row, heap ${heap.toFixed(2)}×, indexes ${indexes.toFixed(2)}×`,
      );
    }
    print(`segue / one UPDATE: time ${summary.ratios.time.toFixed(2)}, WAL ${summary.ratios.wal.toFixed(2)}`);
  }
} finally {
  await server.stop();
  await rm(plans, { recursive: true, force: true });
}
