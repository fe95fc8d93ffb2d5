import pg from "pg";
import { expect } from "vitest";
import { createSegue, type ReverseVerbOptions, type Segue, type SegueEvent, SegueError } from "../../src/index.ts";
import { DEFAULT_SETTINGS } from "../../src/model/settings.ts";
import type { Snapshot } from "../../src/postgres/snapshot.ts";
import { catalogAfter, catalogDifference, catalogOf, leftBehind } from "./catalog-diff.ts";
import { CYCLE } from "./client.ts";
import { columnsOf, COUNTER, type Link, Oracle, type Row, type Side, type Value, type Version } from "./oracle.ts";
import { planFolder } from "./plan-folder.ts";
import { type TestDatabase, testDatabase } from "./postgres.ts";
import { EVERY_KIND, Traffic } from "./traffic.ts";

/** Turns of every client between two things that happen. */
const TURNS = 5;

/**
 * How long a query of the application may take: behind a strong lock it waits one lock timeout, and once more if the
 * retry comes right after; behind a batch one batch, which may be far off its target before the window has adapted;
 * and the machine that runs the tests does other things too.
 */
export const LONGEST_WAIT_MS = DEFAULT_SETTINGS.lock.timeout * 2 + DEFAULT_SETTINGS.backfill.batch_time * 5 + 1_000;

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
}

export interface LifecycleReport {
  readonly events: readonly SegueEvent[];
  readonly counts: Readonly<Record<string, number>>;
  readonly database: TestDatabase;
}

/**
 * The whole life of a plan while both versions of an application write and read, each only while it may: expand and back;
 * ready and back; cut over, back to ready, cut over, back from the soak; and to the end. Any failed query, any value that
 * is not what its writer wrote, any trace in the catalog after a reversal fails the test.
 */
export async function lifecycle(options: LifecycleOptions): Promise<LifecycleReport> {
  const life = await Life.begin(options);
  await life.expandAndBack();
  await life.readyAndBack();
  await life.contractAndBack();
  return await life.toTheEnd();
}

/** What a life is made of. */
interface Parts {
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

class Life {
  readonly #options: LifecycleOptions;
  readonly #database: TestDatabase;
  readonly #plans: readonly string[];
  readonly #segue: Segue;
  readonly #oracle: Oracle;
  readonly #traffic: Traffic;
  readonly #events: readonly SegueEvent[];
  readonly #before: Snapshot;
  /** False for a plan that is completed as soon as it is ready. */
  #contracts = true;

  private constructor(parts: Parts) {
    this.#options = parts.options;
    this.#database = parts.database;
    this.#plans = parts.plans;
    this.#segue = parts.segue;
    this.#oracle = parts.oracle;
    this.#traffic = parts.traffic;
    this.#events = parts.events;
    this.#before = parts.before;
  }

  static async begin(options: LifecycleOptions): Promise<Life> {
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
    const life = new Life({ options, database, plans, segue, oracle, traffic, events, before });
    await traffic.start("old");
    await traffic.turns(TURNS);
    return life;
  }

  /** expand → reverse */
  async expandAndBack(): Promise<void> {
    await this.#expand();
    await this.#checkpoint("old");
    await this.#reverse(this.#options.reversal);
    await this.#checkpoint("old");
  }

  /** expand → backfill → ready → reverse, with the new version deployed and taken back in between. */
  async readyAndBack(): Promise<void> {
    await this.#toReady();
    await this.#traffic.start("new");
    await this.#traffic.turns(CYCLE);
    await this.#checkpoint("old", "new");
    await this.#traffic.stop("new");
    await this.#reverse(this.#options.reversal);
    await this.#checkpoint("old");
  }

  /** expand → ready → contract → reverse to ready → contract → reverse */
  async contractAndBack(): Promise<void> {
    await this.#toReady();
    await this.#traffic.start("new");
    await this.#traffic.turns(CYCLE);
    await this.#checkpoint("old", "new");
    if (!this.#contracts) {
      await this.#traffic.stop("new");
      return await this.#reverse(this.#options.reversal);
    }
    const ready = await catalogOf(this.#database);
    if ((await this.#contract()).includes("completed")) {
      // Nothing was hidden, so nothing soaks: what is taken back is the whole.
      await this.#traffic.stop("new");
      return await this.#backToOld();
    }
    await this.#verb("reverse to ready", "ready", (plan) => this.#segue.reverse(plan, { to: "ready" }));
    expect(await catalogDifference(ready, this.#database), "catalog back at ready").toEqual([]);
    await this.#mayRun("old and new");
    await this.#traffic.start("old");
    await this.#traffic.turns(TURNS);
    await this.#checkpoint("old", "new");
    await this.#contract();
    await this.#traffic.stop("new");
    await this.#backToOld();
  }

  /** From the soak in one go: neither version can work until the reversal is over. */
  async #backToOld(): Promise<void> {
    await this.#reverse(this.#options.reversal);
    await this.#traffic.start("old");
    await this.#traffic.turns(TURNS);
    await this.#checkpoint("old");
  }

  /** expand → backfill → contract → completed */
  async toTheEnd(): Promise<LifecycleReport> {
    await this.#toReady();
    await this.#traffic.start("new");
    await this.#traffic.turns(CYCLE);
    await this.#checkpoint("old", "new");
    if (this.#contracts) {
      await this.#traffic.stop("old");
      await this.#verb("contract", "completed", (plan) => this.#segue.contract(plan, { yes: true }));
      await this.#mayRun("new");
      await this.#traffic.turns(TURNS);
      await this.#checkpoint("new");
    }
    await this.#traffic.stopAll();
    expect(await leftBehind(this.#database)).toEqual([]);
    await this.#comparePlainly();
    // With another plan in flight the catalog is not what it was, whatever the reversal did.
    const differs = this.#events.filter((event) => event.type === "catalog_differs");
    expect(this.#plans.length > 1 ? [] : differs).toEqual([]);
    const { slowest, counts } = this.#traffic;
    const missing = ["old", "new"]
      .flatMap((side) => EVERY_KIND.map((kind) => `${side} ${kind}`))
      .filter((kind) => counts[kind] === undefined);
    expect(missing, "what no client did").toEqual([]);
    expect(slowest.ms, `the longest wait: ${slowest.sql}`).toBeLessThan(LONGEST_WAIT_MS);
    return { events: this.#events, counts, database: this.#database };
  }

  async #expand(): Promise<void> {
    this.#oracle.moving();
    await this.#verb("expand", "expanded", (plan) => this.#segue.expand(plan));
    await this.#traffic.turns(TURNS);
  }

  async #toReady(): Promise<void> {
    await this.#expand();
    const states = await this.#verb("backfill", null, (plan) => this.#segue.backfill(plan));
    this.#contracts = !states.includes("completed");
    if (this.#contracts) expect(new Set(states)).toEqual(new Set(["ready"]));
    this.#oracle.ready();
    await this.#traffic.turns(TURNS);
    await this.#mayRun("old and new");
  }

  /** The old version stops; the cut-over comes while the new one works. */
  async #contract(): Promise<readonly string[]> {
    await this.#traffic.stop("old");
    const states = await this.#verb("contract", null, (plan) => contractToSoak(this.#segue, plan));
    await this.#mayRun("new");
    await this.#traffic.turns(TURNS);
    await this.#checkpoint("new");
    return states;
  }

  /** Everything back: nothing of the rollout is left in the catalog. */
  async #reverse(options: ReverseVerbOptions = {}): Promise<void> {
    this.#oracle.moving();
    await this.#verb("reverse", "reversed", (plan) => this.#segue.reverse(plan, options), this.#plans.toReversed());
    await this.#mayRun("old");
    await this.#traffic.quietly(async () => {
      this.#oracle.settleHot();
      this.#oracle.reversed();
    });
    expect(await catalogDifference(this.#before, this.#database), "catalog after the reversal").toEqual([]);
    expect(await leftBehind(this.#database)).toEqual([]);
  }

  async #verb(
    verb: string,
    state: string | null,
    run: (plan: string) => Promise<{ state: string }>,
    plans = this.#plans,
  ): Promise<readonly string[]> {
    const states: string[] = [];
    for (const plan of plans) {
      try {
        states.push((await run(plan)).state);
      } catch (error) {
        // What the application saw tells more.
        this.#traffic.check();
        throw told(`${verb} ${plan}`, error);
      }
      this.#traffic.check();
    }
    if (state !== null) expect(new Set(states), verb).toEqual(new Set([state]));
    return states;
  }

  async #mayRun(expected: string): Promise<void> {
    for (const plan of this.#plans) expect((await this.#segue.status(plan))[0]?.mayRun).toBe(expected);
  }

  /** Every row in each of the shapes, while nobody writes. */
  async #checkpoint(...sides: readonly Side[]): Promise<void> {
    await this.#traffic.quietly(async () => {
      this.#oracle.settleHot();
      for (const side of sides) {
        const found = await readRows(this.#database, this.#options[side]);
        const ids = new Set([...found.keys(), ...this.#oracle.ids(side)]);
        const wrong = [...ids]
          .map((id) => this.#oracle.compare(side, id, found.get(id)))
          .filter((line) => line !== null);
        expect(wrong.slice(0, 5), `${wrong.length} of ${ids.size} rows in the ${side} shape`).toEqual([]);
      }
    });
  }

  async #comparePlainly(): Promise<void> {
    const { major, schema, plainly } = this.#options;
    if (plainly === undefined) return;
    const wanted = await catalogAfter(major, schema, plainly);
    const found = await catalogDifference(wanted, this.#database);
    expect(
      found.filter((line) => !line.includes("column order")),
      "catalog against plain DDL",
    ).toEqual([]);
  }
}

/** Contract without a word to the drop: a plan that hides something stays in its soak. */
export async function contractToSoak(segue: Segue, plan: string): Promise<{ state: string }> {
  try {
    return await segue.contract(plan);
  } catch (error) {
    if (!(error instanceof SegueError) || error.code !== "SEG0306") throw error;
    return { state: "soaking" };
  }
}

async function readRows(
  database: TestDatabase,
  version: Version,
): Promise<Map<number, Row & Readonly<Record<string, Value>>>> {
  const columns = [COUNTER, ...columnsOf(version)];
  const list = columns
    .map(pg.escapeIdentifier)
    .map((column) => `${column}::text`)
    .join(", ");
  const rows = await database.query(`select id::int, ${list} from ${version.table} order by id`);
  return new Map(rows.map(({ id, ...row }) => [id as number, row as Readonly<Record<string, Value>>]));
}

function told(verb: string, error: unknown): unknown {
  if (!(error instanceof SegueError)) return error;
  const problems = error.problems.map(({ message }) => `\n  ${message}`).join("");
  return new Error(
    `${verb}: ${error.code} ${error.message}${problems}${error.next === undefined ? "" : `\n  next: ${error.next}`}`,
    { cause: error },
  );
}
