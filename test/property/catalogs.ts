import { loadParser } from "../../src/sql/parser.ts";
import { openSession, type Session } from "../../src/postgres/session.ts";
import { diffSnapshots } from "../../src/postgres/snapshot-diff.ts";
import { type Snapshot, snapshotCatalog } from "../../src/postgres/snapshot.ts";
import { SegueError } from "../../src/index.ts";
import { VERSION } from "./fields.ts";
import { leftBehind } from "../support/catalog-diff.ts";
import type { TestDatabase } from "../support/postgres.ts";
import { planOf } from "../unit/compiler/compile-plan.ts";
import { expectRoundTrip } from "../unit/compiler/round-trip.ts";

/** What the catalog was before a life, against what it is. One session reads it: a new one would read the server's own first. */
export class Catalogs {
  readonly #database: TestDatabase;
  readonly #session: Session;
  readonly #before: Snapshot;

  private constructor(database: TestDatabase, session: Session, before: Snapshot) {
    this.#database = database;
    this.#session = session;
    this.#before = before;
  }

  static async read(database: TestDatabase): Promise<Catalogs> {
    await loadParser();
    const session = await openSession({ connectionString: database.url }, { applicationName: "reader" });
    return new Catalogs(database, session, await snapshotOf(session, "public"));
  }

  async end(): Promise<void> {
    await this.#session.close();
  }

  /** What `plan --explain` prints compiles to the same program. What is refused has nothing to explain. */
  async expectRoundTrip(text: string, id: string): Promise<void> {
    try {
      await expectRoundTrip(this.#session, planOf(text, id));
    } catch (error) {
      if (!(error instanceof SegueError) || error.exitCode !== 3) throw error;
    }
  }

  /** @param stays objects that are as the twin has them. @throws Error with what differs from before */
  async expectBefore(stays: readonly string[] = []): Promise<void> {
    const twin = stays.length === 0 ? this.#before : await snapshotOf(this.#session, "twin");
    const kept = Object.entries(twin.objects).filter(([name]) => stays.includes(name));
    const wanted = { ...this.#before, objects: { ...this.#before.objects, ...Object.fromEntries(kept) } };
    const found = diffSnapshots(wanted, await snapshotOf(this.#session, "public"));
    const versions = await this.#database.query<{ name: string }>(
      "select 'schema ' || nspname as name from pg_namespace where nspname in ($1, $2)",
      [VERSION, `segue_old_${VERSION}`],
    );
    await this.#expectNone("the catalog is not as before", [...found, ...versions.map(({ name }) => name)]);
  }

  /** @throws Error with what differs from the twin's */
  async expectTwins(): Promise<void> {
    const wanted = sortedStatistics(await snapshotOf(this.#session, "twin"));
    const found = diffSnapshots(wanted, sortedStatistics(await snapshotOf(this.#session, "public")));
    const differences = found.filter((line) => !line.includes("column order"));
    await this.#expectNone("the catalog is not what plain DDL makes", differences);
  }

  async #expectNone(what: string, differences: readonly string[]): Promise<void> {
    const all = [...differences, ...(await leftBehind(this.#database))];
    if (all.length > 0) throw new Error(`${what}:\n${all.join("\n")}`);
  }
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
