import { isDeepStrictEqual } from "node:util";
import type pg from "pg";
import { stringify } from "yaml";
import { createSegue, type ReverseVerbOptions, type Segue, SegueError } from "../../src/index.ts";
import { journalScript } from "../../src/journal/install.ts";
import { openSession, type Session } from "../../src/postgres/session.ts";
import { diffSnapshots } from "../../src/postgres/snapshot-diff.ts";
import { type Snapshot, snapshotCatalog } from "../../src/postgres/snapshot.ts";
import { loadParser } from "../../src/sql/parser.ts";
import { leftBehind } from "../support/catalog-diff.ts";
import { planFolder } from "../support/plan-folder.ts";
import { type TestDatabase, testDatabase } from "../support/postgres.ts";
import type { Change, DrawnSchema, DrawnTraffic, TurningPoint } from "./model.ts";
import { ident, renderSchema } from "./schema.ts";
import { planOf as compilable } from "../unit/compiler/compile-plan.ts";
import { expectRoundTrip } from "../unit/compiler/round-trip.ts";
import { type Side, Writer } from "./writes.ts";

export interface DrawnLife {
  readonly schema: DrawnSchema;
  readonly change: Change;
  readonly traffic: DrawnTraffic;
  readonly turn: TurningPoint;
}

/** How a life ended: a refusal and a failure that plain DDL has too are answers as good as any. */
export type Outcome =
  | { readonly outcome: "completed" }
  | { readonly outcome: "refused"; readonly code: string; readonly message: string }
  | { readonly outcome: "fails as plain DDL does"; readonly message: string };

const PLAN = "1_drawn";

/**
 * Runs the life of a drawn change, with a reversal in its middle, against a twin of the table that knows nothing of it:
 * every write must end on both alike, and at every stop both must hold the same; at the end the catalog must be what plain
 * DDL makes of the twin.
 *
 * @throws Error with the schema's script and the plan, if anything differs
 */
export async function live(major: number, drawn: DrawnLife): Promise<Outcome> {
  const life = await Life.begin(major, drawn);
  try {
    return await life.run(drawn.turn);
  } catch (error) {
    const why =
      error instanceof SegueError
        ? [error.code, error.message, ...error.problems.map(({ message }) => message)].join("\n")
        : String(error);
    throw new Error(`${why}\n\n${life.told()}`, { cause: error });
  } finally {
    await life.end();
  }
}

class Life {
  readonly #drawn: DrawnLife;
  readonly #database: TestDatabase;
  readonly #segue: Segue;
  readonly #client: pg.Client;
  /** Reads catalogs: a new session for each would read the server's own first. */
  readonly #reader: Session;
  readonly #writer: Writer;
  readonly #before: Snapshot;
  readonly #log: string[] = [];

  private constructor(parts: {
    readonly drawn: DrawnLife;
    readonly database: TestDatabase;
    readonly segue: Segue;
    readonly client: pg.Client;
    readonly reader: Session;
    readonly before: Snapshot;
  }) {
    this.#drawn = parts.drawn;
    this.#database = parts.database;
    this.#segue = parts.segue;
    this.#client = parts.client;
    this.#reader = parts.reader;
    this.#writer = new Writer(parts.drawn.schema, parts.drawn.change);
    this.#before = parts.before;
  }

  static async begin(major: number, drawn: DrawnLife): Promise<Life> {
    const database = await testDatabase({ major, template: { name: "property", script: prepare } });
    const client = await database.connect();
    await client.query(scriptOf(drawn));
    for (const sql of drawn.change.twin?.(`twin.${ident(drawn.schema.table)}`) ?? []) await client.query(sql);
    const plans = await planFolder({ [`${PLAN}.yaml`]: planOf(drawn.change) });
    const settings = { contract: { soak: 0 } };
    const segue = createSegue({ url: database.url, plans, cwd: plans, env: {}, actor: "test", settings });
    await loadParser();
    const reader = await openSession({ connectionString: database.url }, { applicationName: "reader" });
    const before = await snapshotOf(reader, "public");
    return new Life({ drawn, database, segue, client, reader, before });
  }

  async end(): Promise<void> {
    await this.#client.end();
    await this.#reader.close();
    await this.#database.drop();
  }

  /** What it takes to see a failure again. */
  told(): string {
    return `${scriptOf(this.#drawn)}\n\n${planOf(this.#drawn.change)}\n${this.#log.join("\n")}`;
  }

  async run(turn: TurningPoint): Promise<Outcome> {
    await this.#writes("old");
    await this.#explains();
    try {
      await this.#verb("expand", () => this.#segue.expand(PLAN));
    } catch (error) {
      if (!(error instanceof SegueError) || error.exitCode !== 3) throw error;
      await this.#isAsBefore();
      return { outcome: "refused", code: error.code, message: error.message };
    }
    await this.#writes("old");
    await this.#compare("old");
    if (turn === "expanded") {
      await this.#back();
      await this.#verb("expand", () => this.#segue.expand(PLAN));
      await this.#writes("old");
    }
    const failure = await this.#fill();
    if (failure !== null) return failure;
    if (turn === "ready") {
      await this.#back();
      await this.#verb("expand", () => this.#segue.expand(PLAN));
      await this.#writes("old");
      const again = await this.#fill();
      if (again !== null) return again;
    }
    if (turn === "soaking") {
      if (await this.#cutOver()) {
        await this.#back();
        await this.#verb("expand", () => this.#segue.expand(PLAN));
        await this.#writes("old");
        const again = await this.#fill();
        if (again !== null) return again;
      }
    }
    await this.#verb("contract", () => this.#segue.contract(PLAN, { yes: true }));
    await this.#writes("new");
    await this.#compare("new", true);
    await this.#isAsPlainDdlMakesIt();
    return { outcome: "completed" };
  }

  /** What `plan --explain` prints compiles to the same program. What is refused has nothing to explain. */
  async #explains(): Promise<void> {
    try {
      await expectRoundTrip(this.#reader, compilable(planOf(this.#drawn.change), PLAN));
    } catch (error) {
      if (!(error instanceof SegueError) || error.exitCode !== 3) throw error;
    }
  }

  /** The backfill, and the writes of both versions that may follow it. */
  async #fill(): Promise<Outcome | null> {
    const error = await this.#verb("backfill", () => this.#segue.backfill(PLAN)).catch((thrown: unknown) => thrown);
    if (error instanceof SegueError && error.exitCode === 1 && (await this.#plainDdlFails())) {
      await this.#back();
      return { outcome: "fails as plain DDL does", message: error.message };
    }
    if (error instanceof Error) throw error;
    await this.#writes("old");
    await this.#writes("new");
    await this.#compare("old");
    await this.#compare("new");
    return null;
  }

  /** Contract up to the soak; false if nothing is hidden, so that nothing soaks. */
  async #cutOver(): Promise<boolean> {
    try {
      await this.#verb("contract", () => this.#segue.contract(PLAN));
      return false;
    } catch (error) {
      // It drops nothing without a word from a person.
      if (!(error instanceof SegueError) || error.code !== "SEG0306") throw error;
    }
    await this.#writes("new");
    await this.#compare("new", true);
    return true;
  }

  async #back(): Promise<void> {
    const { reversal } = this.#drawn.change;
    await this.#verb("reverse", () => this.#segue.reverse(PLAN, { ...(reversal as ReverseVerbOptions | undefined) }));
    await this.#isAsBefore();
    await this.#compare("old");
    await this.#writes("old");
    await this.#compare("old");
  }

  async #verb(name: string, run: () => Promise<unknown>): Promise<void> {
    this.#log.push(`-- ${name}`);
    try {
      await run();
    } finally {
      await this.#fillTwin();
    }
  }

  /** Every drawn write of a version, on the table and on its twin: both accept it, or refuse it for the same reason. */
  async #writes(side: Side): Promise<void> {
    for (const drawn of this.#drawn.traffic[side]) {
      const write = this.#writer.write(side, drawn);
      if (write === null) continue;
      this.#log.push(`${write.real}; -- ${side}`);
      const real = await this.#try(write.real);
      // Where the change forbids what was allowed, the twin must not get what the table refused.
      const twin = real === null || this.#drawn.change.constrains !== true ? await this.#try(write.twin) : real;
      if (real !== twin)
        throw new Error(`${write.real}\nends with ${real ?? "success"}, on the twin with ${twin ?? "success"}`);
      await this.#fillTwin();
    }
  }

  /** The SQLSTATE, or null for success. */
  async #try(sql: string): Promise<string | null> {
    try {
      await this.#client.query(sql);
      return null;
    } catch (error) {
      return (error as { code?: string }).code ?? String(error);
    }
  }

  /** The rows as a version sees them, against the twin's. */
  async #compare(side: Side, cutOver = false): Promise<void> {
    const { schema, change } = this.#drawn;
    const { added, renamed = {}, retyped, table = schema.table } = change;
    const real = side === "new" ? table : schema.table;
    if (real === null) return;
    const columns = [
      { real: "id", twin: "id" },
      ...schema.columns.flatMap(({ name }) => {
        const column = side === "new" && Object.hasOwn(renamed, name) ? renamed[name] : name;
        const plain = cutOver && retyped?.column === name ? `${ident(name)}::${retyped.type}` : ident(name);
        return column === null || column === undefined ? [] : [{ real: column, twin: name, sql: plain }];
      }),
      ...(side === "new" && added !== undefined ? [{ real: added.name, twin: added.name }] : []),
    ] as { real: string; twin: string; sql?: string }[];
    const list = (rows: readonly { name: string; sql: string }[]): string =>
      rows.map(({ name, sql }) => `(${sql})::text AS ${ident(name)}`).join(", ");
    const ofTwin = columns.map(({ twin, sql }) => ({ name: twin, sql: sql ?? ident(twin) }));
    const ofReal = columns.map(({ real, twin }) => ({ name: twin, sql: ident(real) }));
    const read = async (of: readonly { name: string; sql: string }[], from: string) =>
      (await this.#client.query(`SELECT ${list(of)} FROM ${from} ORDER BY id`)).rows as Record<string, string | null>[];
    const found = await read(ofReal, `public.${ident(real)}`);
    const wanted = await read(ofTwin, `twin.${ident(schema.table)}`);
    if (isDeepStrictEqual(found, wanted)) return;
    throw new Error(`the ${side} version sees\n${JSON.stringify(found)}\nand not\n${JSON.stringify(wanted)}`);
  }

  /** Where the table was filled the twin takes the value over. */
  async #fillTwin(): Promise<void> {
    const { schema, change } = this.#drawn;
    const { filled } = change;
    if (filled === undefined || !(await this.#stands(filled.column))) return;
    const column = ident(filled.column);
    const [table, twin] = [`public.${ident(schema.table)}`, `twin.${ident(schema.table)}`];
    await this.#client.query(
      `UPDATE ${twin} AS t SET ${column} = ${filled.value} FROM ${table} AS r
        WHERE t.id = r.id AND t.${column} IS NULL AND r.${column} IS NOT NULL`,
    );
  }

  async #stands(column: string): Promise<boolean> {
    const { rowCount } = await this.#client.query(
      `SELECT FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid
        WHERE c.relnamespace = 'public'::regnamespace AND c.relname = $1 AND a.attname = $2 AND NOT a.attisdropped`,
      [this.#drawn.schema.table, column],
    );
    return rowCount === 1;
  }

  async #isAsBefore(): Promise<void> {
    const differences = diffSnapshots(this.#before, await snapshotOf(this.#reader, "public"));
    const left = await leftBehind(this.#database);
    if (differences.length + left.length > 0)
      throw new Error(`the catalog is not as before:\n${[...differences, ...left].join("\n")}`);
  }

  async #isAsPlainDdlMakesIt(): Promise<void> {
    const table = `twin.${ident(this.#drawn.schema.table)}`;
    for (const sql of this.#drawn.change.plainly(table)) await this.#client.query(sql);
    const wanted = sortedStatistics(await snapshotOf(this.#reader, "twin"));
    const found = diffSnapshots(wanted, sortedStatistics(await snapshotOf(this.#reader, "public")));
    const differences = [
      ...found.filter((line) => !line.includes("column order")),
      ...(await leftBehind(this.#database)),
    ];
    if (differences.length > 0) throw new Error(`the catalog is not what plain DDL makes:\n${differences.join("\n")}`);
  }

  async #plainDdlFails(): Promise<boolean> {
    const table = `twin.${ident(this.#drawn.schema.table)}`;
    try {
      await this.#client.query("BEGIN");
      for (const sql of this.#drawn.change.plainly(table)) await this.#client.query(sql);
      return false;
    } catch {
      return true;
    } finally {
      await this.#client.query("ROLLBACK");
    }
  }
}

const prepare = async (client: pg.Client): Promise<void> => {
  await client.query(`DO $do$ BEGIN CREATE ROLE segue_test_reader; EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL; END $do$;
    CREATE SCHEMA twin`);
  await client.query(journalScript());
};

function scriptOf({ schema, change: { added } }: DrawnLife): string {
  const extra = added === undefined ? "" : `${ident(added.name)} ${added.type} DEFAULT ${added.value}`;
  return `${renderSchema(schema, "public")}\n${renderSchema(schema, "twin", extra)}`;
}

function planOf({ operations }: Change): string {
  return stringify({ operations });
}

/** The catalog of a schema, in names that are the same for the table and its twin. */
async function snapshotOf(session: Session, schema: string): Promise<Snapshot> {
  const found = await snapshotCatalog(session, { schemas: [schema] });
  const { objects } = JSON.parse(JSON.stringify(found).replaceAll("twin.", "public.")) as Snapshot;
  return {
    format: 1,
    objects: Object.fromEntries(Object.entries(objects).filter(([name]) => !name.startsWith("schema "))),
  };
}

/** The server names the columns of extended statistics in their order in the table, which is another after a rollout. */
function sortedStatistics(snapshot: Snapshot): Snapshot {
  const text = JSON.stringify(snapshot).replaceAll(
    /(CREATE STATISTICS .*? ON )(.*?)( FROM )/g,
    (_, before: string, columns: string, after: string) =>
      `${before}${columns.split(", ").toSorted().join(", ")}${after}`,
  );
  return JSON.parse(text) as Snapshot;
}
