import pg from "pg";
import { createSegue, type ReverseVerbOptions, type Segue, type SegueEvent } from "../../src/index.ts";
import type { Snapshot } from "../../src/postgres/snapshot.ts";
import { catalogOf } from "./catalog-diff.ts";
import { columnsOf, COUNTER, type Link, Oracle, type Row, type Value, type Version } from "./oracle.ts";
import { planFolder } from "./plan-folder.ts";
import { type TestDatabase, testDatabase } from "./postgres.ts";
import { Traffic } from "./traffic.ts";

/** A plan, a schema that it is for, and two versions of an application. */
export interface LifecycleOptions {
  readonly major: number;
  /** Makes the schema and its rows: ids from 1 without gaps in the old version's table. */
  readonly schema: string;
  /** Plan files by name, or the one YAML plan. Several are in flight at once. */
  readonly plan: string | Readonly<Record<string, string>>;
  readonly old: Version;
  readonly new: Version;
  /** What the columns mean to each other; null if the versions share no table. */
  readonly link: Link | null;
  /** The DDL that one would write if nobody used the database: the finished rollout must come to the same catalog. */
  readonly plainly?: string;
  /** What a full reversal is told, once the new version has written. */
  readonly reversal?: ReverseVerbOptions;
  /** What a reversal is documented to leave: lines of the catalog's differences. */
  readonly stays?: RegExp;
}

/** What a life is made of. */
export interface Parts {
  readonly options: LifecycleOptions;
  readonly database: TestDatabase;
  readonly plans: readonly string[];
  readonly segue: Segue;
  readonly oracle: Oracle;
  readonly traffic: Traffic;
  readonly events: readonly SegueEvent[];
  /** The catalog before the first expand. */
  readonly before: Snapshot;
}

/** Makes the database, the plans and the oracle, with what the schema's rows hold. Nothing runs yet. */
export async function partsOf(options: LifecycleOptions): Promise<Parts> {
  const database = await testDatabase({ major: options.major, script: options.schema });
  await database.query("analyze");
  const events: SegueEvent[] = [];
  const files = typeof options.plan === "string" ? { "1_change.yaml": options.plan } : options.plan;
  const segue = createSegue({
    url: database.url,
    plans: await planFolder(files),
    env: {},
    settings: { contract: { soak: 0 } },
    onEvent: (event) => events.push(event),
  });
  const oracle = new Oracle({ old: options.old, new: options.new }, options.link);
  const seeds = await readRows(database, options.old);
  for (const [id, row] of seeds) oracle.inserted("old", id, row);
  const traffic = new Traffic(database, oracle, seeds.size + 1);
  const before = await catalogOf(database);
  const plans = Object.keys(files)
    .map((file) => file.replace(/(\.up)?\.\w+$/, ""))
    .filter((plan) => !plan.endsWith(".down"));
  return { options, database, plans, segue, oracle, traffic, events, before };
}

/** The rows of a version's table as it sees them, by id. */
export async function readRows(
  database: TestDatabase,
  version: Version,
): Promise<Map<number, Row & Readonly<Record<string, Value>>>> {
  const columns = [COUNTER, ...columnsOf(version)];
  const list = columns
    .map(pg.escapeIdentifier)
    .map((column) => `${column}::text`)
    .join(", ");
  const table = version.schema === undefined ? version.table : `${version.schema}.${version.table}`;
  const rows = await database.query(`select id::int, ${list} from ${table} order by id`);
  return new Map(rows.map(({ id, ...row }) => [id as number, row as Readonly<Record<string, Value>>]));
}
