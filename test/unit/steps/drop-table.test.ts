import { beforeEach, describe, expect, test } from "vitest";
import type { SegueError } from "../../../src/model/errors.ts";
import type { Table, TableNeed } from "../../../src/model/catalog.ts";
import type { Session } from "../../../src/postgres/session.ts";
import { dropTableStep } from "../../../src/steps/drop-table.ts";
import type { Lowered } from "../../../src/steps/step-kind.ts";
import { readCatalog } from "../../../src/postgres/read-catalog.ts";
import { catalogDifference, catalogOf as snapshotOf } from "../../support/catalog-diff.ts";
import { MAJORS, testDatabase } from "../../support/postgres.ts";
import { catalogOf, columnOf, tableOf } from "./carry-catalog.ts";
import { publicCatalog, statementsOf, withSession } from "./execute-drafts.ts";
import { lowerContext } from "./lower-context.ts";
import { executeExactly } from "./relation-locks.ts";

async function loweredDrop(session: Session, table: string, plan = "1_test"): Promise<Lowered> {
  const catalog = await readCatalog(session, {
    tables: [{ schema: table.includes(".") ? "sales" : "public", name: table.replace("sales.", "") }],
    schemas: [],
    defaultSchema: "public",
    questions: [],
  });
  const whole = { ...(await publicCatalog(session)).tables, ...catalog.tables };
  return dropTableStep.lower({ table }, { ...lowerContext({ ...catalog, tables: whole }, "contract"), plan });
}

const WAITING = `SELECT FROM pg_locks WHERE locktype = 'advisory' AND NOT granted
  AND database = (SELECT oid FROM pg_database WHERE datname = current_database())`;

const hash = (text: string): string => text.replaceAll(/_[0-9a-f]{8}\b/g, "_#");

describe.each(MAJORS)("on PostgreSQL %i", (major) => {
  test("a table moves out of sight with its indexes and sequences, and back, and is dropped only after that", async () => {
    const database = await testDatabase({
      major,
      script: `CREATE TABLE offices (id int PRIMARY KEY);
        CREATE TABLE faxes (id serial PRIMARY KEY, "No" int GENERATED ALWAYS AS IDENTITY, office int REFERENCES offices, body text);
        CREATE INDEX "By body" ON faxes (body); CREATE STATISTICS both_of ON id, body FROM faxes`,
    });
    await withSession(database, async (session) => {
      const before = await snapshotOf(database);
      const { cutover = [], drop = [], hides, warnings } = await loweredDrop(session, "faxes");
      const shown = statementsOf([...cutover, ...(cutover[0]?.undo ?? []), ...drop]) as readonly string[][];
      const [hide = [], show = [], key = [], gone = []] = shown.map((sql) =>
        sql.map(hash).filter((one) => !/^DO|advisory/.test(one)),
      );
      expect(hide).toEqual([
        "ALTER TABLE public.faxes RENAME TO faxes_#",
        'ALTER INDEX IF EXISTS public."By body" RENAME TO "By body_#"',
        "ALTER INDEX IF EXISTS public.faxes_pkey RENAME TO faxes_pkey_#",
        "ALTER SEQUENCE IF EXISTS public.faxes_id_seq RENAME TO faxes_id_seq_#",
        'ALTER SEQUENCE IF EXISTS public."faxes_No_seq" RENAME TO "faxes_No_seq_#"',
        "ALTER TABLE public.faxes_# SET SCHEMA segue_hidden",
      ]);
      expect(show).toEqual([
        "ALTER TABLE segue_hidden.faxes_# SET SCHEMA public",
        'ALTER INDEX IF EXISTS public."By body_#" RENAME TO "By body"',
        "ALTER INDEX IF EXISTS public.faxes_pkey_# RENAME TO faxes_pkey",
        "ALTER SEQUENCE IF EXISTS public.faxes_id_seq_# RENAME TO faxes_id_seq",
        'ALTER SEQUENCE IF EXISTS public."faxes_No_seq_#" RENAME TO "faxes_No_seq"',
        "ALTER TABLE public.faxes_# RENAME TO faxes",
      ]);
      expect(key).toEqual(["ALTER TABLE segue_hidden.faxes_# DROP CONSTRAINT IF EXISTS faxes_office_fkey"]);
      expect(gone).toEqual(["DROP TABLE IF EXISTS segue_hidden.faxes_#"]);
      expect(drop.every((draft) => draft.kind === "transaction" && draft.irreversible === "the soak has ended")).toBe(
        true,
      );
      expect(hides?.map(({ whole, ...hidden }) => ({ ...hidden, to: hash(whole?.to.name ?? "") }))).toEqual([
        { table: { schema: "public", name: "faxes" }, column: null, to: "faxes_#" },
      ]);
      expect(warnings).toEqual([
        "until the drop, foreign key faxes_office_fkey still refuses to delete rows of public.offices that rows of public.faxes point at, also while the table is hidden",
      ]);
      for (let n = 0; n < 2; n += 1) {
        await executeExactly(session, cutover);
        await expect(database.query("SELECT * FROM faxes")).rejects.toThrow("does not exist");
        await executeExactly(session, cutover[0]?.undo ?? []);
        expect(await catalogDifference(before, database)).toEqual([]);
      }
      await executeExactly(session, cutover);
      await executeExactly(session, drop);
      const left = await database.query(
        "SELECT relname FROM pg_class WHERE relname ~ 'fax' UNION ALL SELECT stxname FROM pg_statistic_ext",
      );
      expect(left).toEqual([]);
    });
  });

  test("partitions move along from wherever they are, and go in one piece", async () => {
    const database = await testDatabase({
      major,
      script: `CREATE SCHEMA sales; CREATE TABLE offices (id int PRIMARY KEY) PARTITION BY HASH (id);
        CREATE TABLE offices_0 PARTITION OF offices FOR VALUES WITH (MODULUS 1, REMAINDER 0);
        CREATE TABLE faxes (id int, office int REFERENCES offices ON DELETE CASCADE, PRIMARY KEY (id)) PARTITION BY RANGE (id);
        CREATE TABLE low PARTITION OF faxes FOR VALUES FROM (0) TO (10) PARTITION BY RANGE (id);
        CREATE TABLE lowest PARTITION OF low FOR VALUES FROM (0) TO (5);`,
    });
    await withSession(database, async (session) => {
      const before = await snapshotOf(database);
      const { cutover = [], drop = [], hides, warnings } = await loweredDrop(session, "faxes");
      expect(hides).toHaveLength(3);
      expect(warnings).toEqual([]);
      await executeExactly(session, cutover);
      const seen = "SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relname ~ 'fax|low'";
      expect(await database.query(seen)).toEqual([]);
      await executeExactly(session, cutover[0]?.undo ?? []);
      expect(await catalogDifference(before, database)).toEqual([]);

      // One that came later would stay in sight, and go with the drop.
      await database.query("CREATE TABLE later PARTITION OF low FOR VALUES FROM (5) TO (10)");
      await expect(executeExactly(session, cutover)).rejects.toThrow(
        "partition later was added after the plan was compiled",
      );
      await database.query("DROP TABLE later");
      expect(await catalogDifference(before, database)).toEqual([]);
      await executeExactly(session, cutover);
      await executeExactly(session, drop);
      expect(await database.query("SELECT relname FROM pg_class WHERE relname ~ 'fax|low'")).toEqual([]);
    });
  });

  test("tables with the same names of everything are hidden side by side, and the schema goes with the last", async () => {
    const tables = (schema: string) =>
      `CREATE TABLE ${schema}.faxes (id serial PRIMARY KEY, body text UNIQUE); CREATE INDEX body ON ${schema}.faxes (body);`;
    const database = await testDatabase({
      major,
      script: `CREATE SCHEMA sales; ${tables("public")} ${tables("sales")}
        ALTER DEFAULT PRIVILEGES GRANT USAGE, CREATE ON SCHEMAS TO pg_monitor, PUBLIC`,
    });
    const schema =
      "SELECT nspacl::text AS acl, nspowner = current_user::regrole AS own FROM pg_namespace WHERE nspname = 'segue_hidden'";
    await withSession(database, async (session) => {
      const before = await snapshotOf(database);
      const [one, other] = [await loweredDrop(session, "faxes"), await loweredDrop(session, "sales.faxes")];
      await executeExactly(session, one.cutover ?? []);
      expect(await database.query(schema)).toEqual([
        { own: true, acl: expect.not.stringMatching(/pg_monitor|[{,]=/) as string },
      ]);
      await executeExactly(session, other.cutover ?? []);
      await executeExactly(session, one.cutover?.[0]?.undo ?? []);
      expect(await database.query(schema)).toHaveLength(1);
      await executeExactly(session, other.cutover?.[0]?.undo ?? []);
      expect(await catalogDifference(before, database)).toEqual([]);
      await executeExactly(session, [...(one.cutover ?? []), ...(other.cutover ?? []), ...(one.drop ?? [])]);
      expect(await database.query(schema)).toHaveLength(1);
      await executeExactly(session, other.drop ?? []);
      expect(await database.query(schema)).toEqual([]);
    });
  });

  test("a schema of that name that somebody else made stays, as does one with something in it", async () => {
    const database = await testDatabase({ major, script: "CREATE SCHEMA segue_hidden; CREATE TABLE faxes (id int)" });
    await withSession(database, async (session) => {
      const before = await snapshotOf(database);
      const { cutover = [] } = await loweredDrop(session, "faxes");
      await executeExactly(session, cutover);
      await executeExactly(session, cutover[0]?.undo ?? []);
      expect(await catalogDifference(before, database)).toEqual([]);

      await database.query("DROP SCHEMA segue_hidden");
      await executeExactly(session, cutover);
      await database.query("CREATE TABLE segue_hidden.mine ()");
      await executeExactly(session, cutover[0]?.undo ?? []);
      expect(await database.query("SELECT * FROM segue_hidden.mine")).toEqual([]);
    });
  });

  test("two rollouts that make and remove the schema at one moment wait for each other", async () => {
    const database = await testDatabase({
      major,
      script: "CREATE TABLE a (id int PRIMARY KEY); CREATE TABLE b (id int PRIMARY KEY)",
    });
    const before = await snapshotOf(database);
    await withSession(database, async (first) => {
      await withSession(database, async (second) => {
        const [a, b] = [await loweredDrop(first, "a"), await loweredDrop(first, "b")];
        const at = (lowered: Lowered, undo = false): readonly string[] => {
          const draft = undo ? lowered.cutover?.[0]?.undo[0] : lowered.cutover?.[0];
          return draft?.kind === "transaction" ? draft.statements : [];
        };
        const run = async (session: Session, statements: readonly string[]): Promise<void> => {
          for (const statement of statements) await session.query(statement);
        };
        const both = async (undo: boolean): Promise<void> => {
          await first.query("BEGIN");
          await run(first, at(a, undo));
          const waiting = second.transaction(() => run(second, at(b, undo)));
          // It waits, holding no lock on a table.
          await expect.poll(() => database.query(WAITING)).toHaveLength(1);
          const held = "SELECT FROM pg_locks WHERE relation = to_regclass('public.b')";
          expect(await database.query(held)).toEqual([]);
          await first.query("COMMIT");
          await waiting;
        };
        await both(false);
        expect(
          await database.query(
            "SELECT FROM pg_class WHERE relnamespace = 'segue_hidden'::regnamespace AND relkind = 'r'",
          ),
        ).toHaveLength(2);
        await both(true);
      });
    });
    expect(await catalogDifference(before, database)).toEqual([]);
  });
});

const need = (kind: string, name: string, parts: Partial<TableNeed> = {}): TableNeed => ({
  kind,
  name,
  on: null,
  evidence: "pg_depend",
  names: [],
  ...parts,
});
const FAXES = tableOf("faxes", { columns: [columnOf("id", "integer")] });
const lower = (
  parts: Partial<Table>,
  others: readonly Table[] = [],
  entries: Parameters<typeof lowerContext>[2] = [],
) =>
  dropTableStep.lower(
    { table: "faxes" },
    lowerContext(catalogOf(18, { ...FAXES, ...parts }, ...others), "contract", entries),
  );
let error: SegueError | null;
beforeEach(() => {
  error = null;
});
const refused = (work: () => unknown): SegueError | null => {
  try {
    work();
  } catch (thrown) {
    error = thrown as SegueError;
  }
  return error;
};

test("all that needs the table is told at once, with what names its partitions", () => {
  const partition = { schema: "public", name: "faxes_1" };
  const parts: Partial<Table> = {
    kind: "partitioned",
    partitions: [{ name: partition, parent: { schema: "public", name: "faxes" }, leaf: true }],
    needs: [need("view", "public.v"), need("foreign key", "f on public.o"), need("publication", "p")],
  };
  const one = tableOf("faxes_1", {
    kind: "partition",
    needs: [need("function", "public.f()", { evidence: "text", names: ["faxes_1"] }), need("view", "public.internal")],
  });
  expect(refused(() => lower(parts, [one]))).toMatchObject({
    code: "SEG0102",
    message: "public.faxes can't be dropped: these 4 need it",
    problems: ["view public.v", "foreign key f on public.o", "publication p", "function public.f()"].map((message) => ({
      message,
    })),
  });
});

test("what hangs on a table that an earlier entry drops is no hindrance", () => {
  const details = tableOf("details");
  const needs = [need("foreign key", "of on public.details", { on: { schema: "public", name: "details" } })];
  expect(refused(() => lower({ needs }, [details]))?.code).toBe("SEG0102");
  const after = dropTableStep.after({ table: "details" }, catalogOf(18, { ...FAXES, needs }, details));
  expect(after.tables["public.details"]).toBeUndefined();
  expect(() => dropTableStep.lower({ table: "faxes" }, lowerContext(after, "contract"))).not.toThrow();
});

test.each<[Partial<Table>, string]>([
  [
    { parent: { schema: "public", name: "all" } },
    "public.faxes inherits from public.all, through which its rows would be seen while it is hidden",
  ],
  [{ subscribed: true }, "a subscription writes to public.faxes, and would fail without it"],
  [{ kind: "partition" }, "public.faxes is a partition: name its parent in the plan"],
  [{ kind: "materialized view" }, "public.faxes is a materialized view, not a table"],
  [{ kind: "foreign" }, "public.faxes is a foreign, not a table"],
  [{ persistence: "temporary" }, "public.faxes is a temporary table"],
])("what can't be hidden is refused: %j", (parts, message) => {
  expect(refused(() => lower(parts))).toMatchObject({ code: "SEG0103", message });
});

test("nothing else is done to a table that the plan drops", () => {
  const entries = [["contract", "drop_column", { table: "faxes", column: "id" }]] as const;
  expect(refused(() => lower({}, [], entries))).toMatchObject({
    code: "SEG0101",
    message: "drop_table public.faxes and drop_column of public.faxes can't stand in one plan",
  });
});
