import pg from "pg";
import type { BenchServer, Template } from "./bench-server.ts";
import { pgrollTrigger } from "./pgroll-trigger.ts";
import { expandBySegue } from "./segue-method.ts";
import { CENTS, type Derived, type Shape, TRIMMED } from "./shape.ts";
import { median } from "./statistics.ts";

/** What a client writes: the column that is synced, another one, or a new row. */
export type Write = "update" | "update_other" | "insert";

/** Microseconds a write takes on the server, and what of it a trigger costs. */
export interface TriggerCost {
  readonly none: number;
  readonly segue: number;
  readonly pgroll: number;
  /** What Segue's trigger adds, by what pgroll's adds. */
  readonly segue_vs_pgroll: number;
}

type Costs = Readonly<Record<Write, TriggerCost>>;

/** What it costs to derive a column. Where that may fail, Segue's trigger sees to it that the client's write does not. */
export interface TriggerCosts {
  readonly fallible: Costs;
  readonly safe: Costs;
}

type Side = "none" | "segue" | "pgroll";

/** Slices are short and many: what else runs on the machine meets those of all sides alike, and their median little. */
const SLICES = 48;
const WRITES_A_SLICE = 500;

/** Each write is a statement of its own, as clients send them: what a trigger costs a statement counts too. */
const STATEMENTS: Record<Write, string> = {
  update: "UPDATE orders SET amount = '12345.25' WHERE id = i",
  update_other: "UPDATE orders SET note = 'other' WHERE id = i",
  insert: "INSERT INTO orders (customer_id, created_at, amount, note) VALUES (i, now(), '12345.25', 'new')",
};
const WRITES = Object.keys(STATEMENTS) as Write[];

/**
 * Measures the writes of clients with no trigger, Segue's and pgroll's, slice by slice in turn, on a table that has room for HOT updates:
 * what indexes take would be several times what the triggers do.
 */
export async function triggerCosts(server: BenchServer, shape: Shape): Promise<TriggerCosts> {
  const rows = Math.min(shape.rows, (SLICES + 1) * WRITES_A_SLICE);
  const template = await server.fillTemplate({ ...shape, rows, fillfactor: 50 });
  const costs = {
    fallible: await costsOf(server, template, CENTS),
    safe: await costsOf(server, template, TRIMMED),
  };
  await server.drop(template.database);
  return costs;
}

async function costsOf(server: BenchServer, template: Template, derived: Derived): Promise<Costs> {
  const { rows } = template;
  const prepare: Record<Side, (database: string) => Promise<void>> = {
    none: async (database) =>
      void (await server.sql(database, `ALTER TABLE orders ADD COLUMN ${derived.column} ${derived.type}`)),
    segue: (database) => expandBySegue({ server, database, rows }, derived),
    pgroll: async (database) => void (await server.sql(database, ...pgrollTrigger(derived))),
  };
  const sides = Object.keys(prepare) as Side[];
  const databaseOf = (side: Side): string => `segue_bench_trigger_${side}`;
  for (const side of sides) {
    await server.copyTemplate(template, databaseOf(side));
    await prepare[side](databaseOf(side));
    await server.settle(databaseOf(side));
  }
  const writes = Math.max(1, Math.min(WRITES_A_SLICE, Math.floor(rows / (SLICES + 1))));
  const none = (): Record<Side, number[]> => ({ none: [], segue: [], pgroll: [] });
  const times: Record<Write, Record<Side, number[]>> = { update: none(), update_other: none(), insert: none() };
  const clients = await Promise.all(
    sides.map(async (side) => [side, await connect(server, databaseOf(side))] as const),
  );
  for (let slice = 0; slice <= SLICES; slice += 1) {
    for (const write of WRITES) {
      for (let turn = 0; turn < clients.length; turn += 1) {
        const [side, client] = clients[(slice + turn) % clients.length]!;
        const time = await timed(client, write, 1 + slice * writes, writes);
        // The first of all fills caches.
        if (slice > 0) times[write][side].push(time);
      }
    }
  }
  await Promise.all(clients.map(([, client]) => client.end()));
  for (const side of sides) await server.drop(databaseOf(side));
  return Object.fromEntries(WRITES.map((write) => [write, costOf(times[write])])) as Costs;
}

/** Microseconds a write. The loop runs on the server: the network has no part in it. */
async function timed(client: pg.Client, write: Write, from: number, writes: number): Promise<number> {
  const loop = `DO $$ BEGIN FOR i IN ${from} .. ${from + writes - 1} LOOP ${STATEMENTS[write]}; END LOOP; END $$`;
  const started = performance.now();
  await client.query(loop);
  return ((performance.now() - started) * 1000) / writes;
}

async function connect(server: BenchServer, database: string): Promise<pg.Client> {
  const client = new pg.Client({ connectionString: server.urlOf(database), application_name: "segue bench" });
  await client.connect();
  // A commit that waits for the disk takes as long as all of a slice's triggers.
  await client.query("SET synchronous_commit = off");
  return client;
}

/** By the medians of what a slice takes more than that without a trigger beside it: what the server's writes to disk add to both is not in it. */
function costOf(times: Record<Side, readonly number[]>): TriggerCost {
  const none = median(times.none) ?? 0;
  const more = (side: Side): number => median(times[side].map((time, slice) => time - (times.none[slice] ?? 0))) ?? 0;
  const [segue, pgroll] = [more("segue"), more("pgroll")];
  return { none, segue: none + segue, pgroll: none + pgroll, segue_vs_pgroll: segue / pgroll };
}
