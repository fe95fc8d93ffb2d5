import type { BenchServer, Template } from "./bench-server.ts";
import { pgrollTrigger } from "./pgroll-trigger.ts";
import { expandBySegue } from "./segue-method.ts";
import { COLUMN } from "./shape.ts";
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

type Side = "none" | "segue" | "pgroll";

const WRITES_AT_ONCE = 5000;

/** Each write is a statement of its own, as clients send them: what a trigger costs a statement counts too. */
const STATEMENTS: Record<Write, string> = {
  update: "UPDATE orders SET amount = '12345.25' WHERE id = i",
  update_other: "UPDATE orders SET note = 'other' WHERE id = i",
  insert: "INSERT INTO orders (customer_id, created_at, amount, note) VALUES (i, now(), '12345.25', 'new')",
};
const WRITES = Object.keys(STATEMENTS) as Write[];

/** Measures the writes of clients with no trigger, Segue's and pgroll's, in turn; medians of the rounds. */
export async function triggerCosts(
  server: BenchServer,
  template: Template,
  rounds: number,
): Promise<Record<Write, TriggerCost>> {
  const { rows } = template;
  const prepare: Record<Side, (database: string) => Promise<void>> = {
    none: async (database) => void (await server.sql(database, `ALTER TABLE orders ADD COLUMN ${COLUMN} bigint`)),
    segue: (database) => expandBySegue({ server, database, rows }),
    pgroll: async (database) => void (await server.sql(database, ...pgrollTrigger())),
  };
  const sides = Object.keys(prepare) as Side[];
  const databaseOf = (side: Side): string => `segue_bench_trigger_${side}`;
  for (const side of sides) {
    await server.copyTemplate(template, databaseOf(side));
    await prepare[side](databaseOf(side));
    await server.settle(databaseOf(side));
  }
  const writes = Math.max(1, Math.min(WRITES_AT_ONCE, Math.floor(rows / rounds)));
  const none = (): Record<Side, number[]> => ({ none: [], segue: [], pgroll: [] });
  const times: Record<Write, Record<Side, number[]>> = { update: none(), update_other: none(), insert: none() };
  for (let round = 0; round < rounds; round += 1) {
    for (const write of WRITES) {
      for (const side of sides) {
        const from = 1 + round * writes;
        times[write][side].push(await timed(server, databaseOf(side), write, from, writes));
      }
    }
  }
  for (const side of sides) await server.drop(databaseOf(side));
  return Object.fromEntries(WRITES.map((write) => [write, costOf(times[write])])) as Record<Write, TriggerCost>;
}

/** Microseconds a write. The loop runs on the server: the network has no part in it. */
async function timed(
  server: BenchServer,
  database: string,
  write: Write,
  from: number,
  writes: number,
): Promise<number> {
  return await server.connected(database, async (client) => {
    const loop = `DO $$ BEGIN FOR i IN ${from} .. ${from + writes - 1} LOOP ${STATEMENTS[write]}; END LOOP; END $$`;
    const started = performance.now();
    await client.query(loop);
    return ((performance.now() - started) * 1000) / writes;
  });
}

function costOf(times: Record<Side, readonly number[]>): TriggerCost {
  const none = median(times.none) ?? 0;
  const segue = median(times.segue) ?? 0;
  const pgroll = median(times.pgroll) ?? 0;
  return { none, segue, pgroll, segue_vs_pgroll: (segue - none) / (pgroll - none) };
}
