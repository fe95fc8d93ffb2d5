import { type ReverseVerbOptions, type Segue, type SegueEvent, SegueError } from "../../src/index.ts";
import { DEFAULT_SETTINGS } from "../../src/model/settings.ts";
import type { Snapshot } from "../../src/postgres/snapshot.ts";
import { catalogAfter, catalogDifference, catalogOf, leftBehind } from "./catalog-diff.ts";
import { CYCLE } from "./client.ts";
import { type LifecycleOptions, type Parts, partsOf, readRows } from "./lifecycle-parts.ts";
import type { Oracle, Side } from "./oracle.ts";
import type { TestDatabase } from "./postgres.ts";
import { EVERY_KIND, type Traffic } from "./traffic.ts";

/** Turns of every client between two things that happen. */
const TURNS = 5;

/**
 * How long a query of the application may take: behind a strong lock it waits one lock timeout, and once more if the
 * retry comes right after; behind a batch one batch, which may be far off its target before the window has adapted;
 * and the machine that runs the tests does other things too.
 */
const LONGEST_WAIT_MS = DEFAULT_SETTINGS.lock.timeout * 2 + DEFAULT_SETTINGS.backfill.batch_time * 5 + 1_000;

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
  const life = new Life(await partsOf(options));
  await life.begin();
  await life.expandAndBack();
  await life.readyAndBack();
  await life.contractAndBack();
  return await life.toTheEnd();
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

  constructor(parts: Parts) {
    this.#options = parts.options;
    this.#database = parts.database;
    this.#plans = parts.plans;
    this.#segue = parts.segue;
    this.#oracle = parts.oracle;
    this.#traffic = parts.traffic;
    this.#events = parts.events;
    this.#before = parts.before;
  }

  /** The old version at work, before anything happens. */
  async begin(): Promise<void> {
    await this.#traffic.start("old");
    await this.#traffic.turns(TURNS);
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
    none("the catalog back at ready", await catalogDifference(ready, this.#database));
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
    none("left behind", await leftBehind(this.#database));
    await this.#comparePlainly();
    // With another plan in flight the catalog is not what it was, whatever the reversal did.
    const differs = this.#events.filter(
      (event) => event.type === "catalog_differs" && this.#unexpected(event.differences).length > 0,
    );
    if (this.#plans.length === 1) none("what Segue found after a reversal", differs);
    const { slowest, counts } = this.#traffic;
    const missing = (["old", "new"] as const)
      .flatMap((side) => {
        const cannot: readonly string[] = this.#options[side].cannot ?? [];
        return EVERY_KIND.filter((kind) => !cannot.includes(kind)).map((kind) => `${side} ${kind}`);
      })
      .filter((kind) => counts[kind] === undefined);
    none("what no client did", missing);
    if (slowest.ms > LONGEST_WAIT_MS) throw new Error(`a query took ${Math.round(slowest.ms)} ms: ${slowest.sql}`);
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
    if (this.#contracts)
      none(
        "plans that are not ready",
        states.filter((state) => state !== "ready"),
      );
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
    none("the catalog after the reversal", this.#unexpected(await catalogDifference(this.#before, this.#database)));
    none("left behind", await leftBehind(this.#database));
  }

  #unexpected(differences: readonly string[]): readonly string[] {
    const { stays } = this.#options;
    return stays === undefined ? differences : differences.filter((line) => !stays.test(line));
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
    if (state !== null)
      none(
        `states after ${verb}`,
        states.filter((reached) => reached !== state),
      );
    return states;
  }

  async #mayRun(expected: string): Promise<void> {
    for (const plan of this.#plans) {
      const found = (await this.#segue.status(plan))[0]?.mayRun;
      if (found !== expected) throw new Error(`${plan}: status says that ${found} may run, not ${expected}`);
    }
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
        none(`${ids.size} rows in the ${side} shape`, wrong);
      }
    });
  }

  async #comparePlainly(): Promise<void> {
    const { major, schema, plainly } = this.#options;
    if (plainly === undefined) return;
    const wanted = await catalogAfter(major, schema, plainly);
    const found = await catalogDifference(wanted, this.#database);
    const differs = found.filter((line) => !line.includes("column order"));
    none("the catalog against plain DDL", differs);
  }
}

/** How many findings a failure shows. */
const SHOWN = 5;

/** @throws if something was found that must not be there */
function none(where: string, found: readonly unknown[]): void {
  if (found.length === 0) return;
  const lines = found.slice(0, SHOWN).map((line) => `\n  ${typeof line === "string" ? line : JSON.stringify(line)}`);
  throw new Error(`${where}: ${found.length} findings${lines.join("")}`);
}

/** Contract without a word to the drop: a plan that hides something stays in its soak. */
async function contractToSoak(segue: Segue, plan: string): Promise<{ state: string }> {
  try {
    return await segue.contract(plan);
  } catch (error) {
    if (!(error instanceof SegueError) || error.code !== "SEG0306") throw error;
    return { state: "soaking" };
  }
}

function told(verb: string, error: unknown): unknown {
  if (!(error instanceof SegueError)) return error;
  const problems = error.problems.map(({ message }) => `\n  ${message}`).join("");
  return new Error(
    `${verb}: ${error.code} ${error.message}${problems}${error.next === undefined ? "" : `\n  next: ${error.next}`}`,
    { cause: error },
  );
}
