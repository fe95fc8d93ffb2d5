import { beforeAll, describe, expect, test } from "vitest";
import type { Catalog } from "../../../src/model/catalog.ts";
import { DEFAULT_SETTINGS } from "../../../src/model/settings.ts";
import type { Session } from "../../../src/postgres/session.ts";
import { ident, qualified } from "../../../src/sql/identifier.ts";
import { loadParser } from "../../../src/sql/parser.ts";
import { duplicateAttributes } from "../../../src/steps/carry-attributes.ts";
import { defaultAtCutover } from "../../../src/steps/carry-default.ts";
import { partitionsOf } from "../../../src/steps/carry-family.ts";
import { copyName } from "../../../src/steps/carry-names.ts";
import { carryRenames } from "../../../src/steps/carry-renames.ts";
import { carry } from "../../../src/steps/carry.ts";
import { requireColumn, requireTable } from "../../../src/steps/catalog-lookup.ts";
import type { Draft } from "../../../src/steps/step-kind.ts";
import { MAJORS, testDatabase } from "../../support/postgres.ts";
import { catalogOf, columnOf, constraintOf, dependentOf, indexOf, tableOf } from "./carry-catalog.ts";
import { carrySnapshot } from "./carry-snapshot.ts";
import { execute, publicCatalog, withSession } from "./execute-drafts.ts";

beforeAll(loadParser);

const FROM = 'Weird "col"';
const TO = "größe";
const LONG = "ö".repeat(31) + "x";

const PARENTS = `
  CREATE TABLE "Größen" ("Größe" int, b int, PRIMARY KEY (b, "Größe"));
  INSERT INTO "Größen" SELECT i, i % 3 FROM generate_series(1, 20) i;`;

/** Whatever PostgreSQL lets hang on a column and a duplicate can take. */
const PLAIN = `${PARENTS}
  CREATE TABLE "ord""er" (
    id serial PRIMARY KEY,
    "Weird ""col""" serial,
    b int NOT NULL,
    "order" text,
    CONSTRAINT "deferred one" UNIQUE (b, "Weird ""col""") INCLUDE ("order") DEFERRABLE INITIALLY DEFERRED,
    CONSTRAINT "Weird ""col""" CHECK ("Weird ""col""" > -100 AND "Weird ""col""" <> b + 1000),
    CONSTRAINT included UNIQUE (id, b) INCLUDE ("Weird ""col"""),
    CONSTRAINT alone CHECK ("Weird ""col""" > -200) NO INHERIT,
    FOREIGN KEY ("Weird ""col""", b) REFERENCES "Größen" ("Größe", b) MATCH FULL ON UPDATE CASCADE ON DELETE CASCADE DEFERRABLE
  );
  ALTER TABLE "ord""er" ADD CONSTRAINT later FOREIGN KEY (b, "Weird ""col""") REFERENCES "Größen" (b, "Größe") NOT VALID;
  ALTER TABLE "ord""er" ADD CONSTRAINT "unproven" CHECK ("Weird ""col""" < 1000) NOT VALID;
  CREATE INDEX "${LONG}" ON "ord""er" ("Weird ""col""" DESC NULLS LAST, b) INCLUDE (id, "Weird ""col""") WITH (fillfactor = 70) WHERE "Weird ""col""" > 0 AND "order" <> 'Weird "col"';
  CREATE INDEX expressions ON "ord""er" (abs("Weird ""col"""), (("Weird ""col""")::text || "order") COLLATE "C" text_pattern_ops);
  CREATE UNIQUE INDEX identity ON "ord""er" ("Weird ""col""", id);
  CREATE INDEX hashed ON "ord""er" USING hash ("Weird ""col""");
  CREATE INDEX untouched ON "ord""er" (b);
  CREATE STATISTICS "two of them" (ndistinct, mcv) ON "Weird ""col""", b FROM "ord""er";
  ALTER STATISTICS "two of them" SET STATISTICS 66;
  ALTER STATISTICS "two of them" OWNER TO pg_monitor;
  COMMENT ON STATISTICS "two of them" IS 'both''s';
  CREATE STATISTICS summed ON ("Weird ""col""" + b), b FROM "ord""er";
  ALTER TABLE "ord""er" REPLICA IDENTITY USING INDEX identity;
  ALTER TABLE "ord""er" CLUSTER ON identity;
  ALTER TABLE "ord""er" ALTER "Weird ""col""" SET STATISTICS 77, ALTER "Weird ""col""" SET (n_distinct = -0.5);
  COMMENT ON COLUMN "ord""er"."Weird ""col""" IS 'it''s \\ here';
  COMMENT ON INDEX hashed IS 'by hash';
  COMMENT ON CONSTRAINT included ON "ord""er" IS 'included';
  COMMENT ON CONSTRAINT alone ON "ord""er" IS 'alone';
  COMMENT ON CONSTRAINT "deferred one" ON "ord""er" IS 'at the end';
  CREATE SEQUENCE besides AS smallint OWNED BY "ord""er"."Weird ""col""";
  GRANT SELECT ("Weird ""col"""), UPDATE ("Weird ""col""") ON "ord""er" TO PUBLIC;
  GRANT INSERT ("Weird ""col""") ON "ord""er" TO pg_monitor WITH GRANT OPTION;
  INSERT INTO "ord""er" (b, "order") SELECT i % 3, i::text FROM generate_series(1, 20) i;`;

/** Since 15. */
const NEWER = `
  ALTER TABLE "ord""er" ADD CONSTRAINT "not distinct" UNIQUE NULLS NOT DISTINCT ("Weird ""col""");
  ALTER TABLE "ord""er" ADD CONSTRAINT "set one" FOREIGN KEY ("Weird ""col""", b) REFERENCES "Größen" ("Größe", b) ON DELETE SET NULL ("Weird ""col""");`;

/** Since 18. */
const NEWEST = `
  ALTER TABLE "ord""er" ADD CONSTRAINT wish CHECK ("Weird ""col""" > 10) NOT ENFORCED;
  ALTER TABLE "ord""er" RENAME CONSTRAINT "ord""er_Weird ""col""_not_null" TO "never null";
  ALTER TABLE "ord""er" ALTER CONSTRAINT "never null" NO INHERIT;
  COMMENT ON CONSTRAINT "never null" ON "ord""er" IS 'never';`;

/** Two levels; a leaf that was made apart and attached; things that only a leaf has. */
const PARTITIONED = `${PARENTS}
  CREATE TABLE "ord""er" (k int NOT NULL, "Weird ""col""" int NOT NULL DEFAULT 5, b int) PARTITION BY RANGE (k);
  CREATE TABLE low PARTITION OF "ord""er" FOR VALUES FROM (0) TO (10);
  CREATE TABLE high PARTITION OF "ord""er" FOR VALUES FROM (10) TO (30) PARTITION BY LIST (b);
  CREATE TABLE "High 0" PARTITION OF high FOR VALUES IN (0, 1);
  CREATE INDEX whole ON "ord""er" (b, "Weird ""col""" DESC);
  CREATE INDEX mid ON high ("Weird ""col""");
  ALTER TABLE "ord""er" ADD CONSTRAINT uniq UNIQUE (k, b, "Weird ""col""") WITH (fillfactor = 70) DEFERRABLE;
  ALTER TABLE "ord""er" ADD CONSTRAINT covers UNIQUE (k, b) INCLUDE ("Weird ""col""") WITH (fillfactor = 60);
  ALTER TABLE "ord""er" ADD CONSTRAINT chk CHECK ("Weird ""col""" > 0);
  ALTER TABLE "ord""er" ADD CONSTRAINT fk FOREIGN KEY (b, "Weird ""col""") REFERENCES "Größen" (b, "Größe") ON DELETE CASCADE;
  CREATE TABLE "High 2" (b int, "Weird ""col""" int NOT NULL, k int NOT NULL, CONSTRAINT chk CHECK ("Weird ""col""" > 0));
  CREATE INDEX "${LONG}" ON "High 2" (b, "Weird ""col""" DESC);
  ALTER TABLE "High 2" ADD CONSTRAINT "own key" FOREIGN KEY (b, "Weird ""col""") REFERENCES "Größen" (b, "Größe") ON DELETE CASCADE;
  ALTER TABLE "High 2" ADD CONSTRAINT "own uniq" UNIQUE (k, b, "Weird ""col""") DEFERRABLE;
  NAMES
  ALTER TABLE high ATTACH PARTITION "High 2" FOR VALUES IN (2);
  ALTER TABLE "High 2" ALTER "Weird ""col""" SET DEFAULT 6, ALTER "Weird ""col""" SET STATISTICS 9;
  CREATE INDEX "only here" ON "High 2" (("Weird ""col""" + 1));
  ALTER TABLE "High 0" ADD CONSTRAINT "check here" CHECK ("Weird ""col""" < 500);
  ALTER TABLE low ADD CONSTRAINT "key here" FOREIGN KEY (b, "Weird ""col""") REFERENCES "Größen" (b, "Größe");
  CREATE STATISTICS "stats here" ON "Weird ""col""", b FROM low;
  COMMENT ON INDEX "${LONG}" IS 'a leaf''s';
  COMMENT ON CONSTRAINT "own uniq" ON "High 2" IS 'a leaf''s too';
  COMMENT ON CONSTRAINT "own key" ON "High 2" IS 'and this';
  INSERT INTO "ord""er" (k, "Weird ""col""", b) SELECT i, i, i % 3 FROM generate_series(1, 20) i;`;

const fields = { table: '"ord""er"', from: FROM, to: TO };

function lower(catalog: Catalog, extra: object = {}) {
  return carry.lower(
    { ...fields, ...extra },
    { catalog, phase: "backfill", plan: "1_test", settings: DEFAULT_SETTINGS, entries: [] },
  );
}

/** What expand and fill leave: a nullable duplicate with the column's attributes and values. */
async function expandAndFill(session: Session): Promise<void> {
  const catalog = await publicCatalog(session);
  const table = requireTable(catalog, '"ord""er"');
  const column = requireColumn(table, FROM);
  await session.query(`ALTER TABLE ${qualified(table)} ADD COLUMN ${ident(TO)} ${column.type}`);
  for (const statement of duplicateAttributes(table, column, TO, column.type, partitionsOf(catalog, table))) {
    await session.query(statement);
  }
  await session.query(`UPDATE ${qualified(table)} SET ${ident(TO)} = ${ident(FROM)}`);
}

/** The cut-over of a change of type: the duplicate takes over the column's name. */
async function cutover(session: Session, before: Catalog, oldBecomesNullable: boolean): Promise<() => Promise<void>> {
  const table = requireTable(before, '"ord""er"');
  const rename = (a: string, b: string) => `ALTER TABLE ${qualified(table)} RENAME COLUMN ${ident(a)} TO ${ident(b)}`;
  const hidden = "segue_old_col";
  const type = requireColumn(table, TO).type;
  const moved = defaultAtCutover(
    table,
    requireColumn(table, FROM),
    { hidden, final: FROM, type },
    partitionsOf(before, table),
  );
  const names = carryRenames(table, FROM, "1_test", { catalog: before, oldBecomesNullable });
  const run = (statements: readonly string[]) =>
    session.transaction(async () => {
      for (const statement of statements) await session.query(statement);
    });
  const drop = oldBecomesNullable ? [`ALTER TABLE ${qualified(table)} ALTER ${hidden} DROP NOT NULL`] : [];
  await run([rename(FROM, hidden), rename(TO, FROM), ...moved.apply, ...names.apply, ...drop]);
  return () => run([...names.undo, ...moved.undo, rename(FROM, TO), rename(hidden, FROM)]);
}

/** Takes the carrying back, then the column: what the reversal of expand does. */
async function takeBack(session: Session, drafts: readonly Draft[]): Promise<void> {
  for (const step of drafts.toReversed().flatMap((draft) => draft.undo)) {
    if (step.kind !== "transaction")
      throw new Error(`${step.title}: everything but a foreign key goes with the column`);
    await session.transaction(async () => {
      for (const statement of step.statements) await session.query(statement);
    });
  }
  const { rows } = await session.query(
    "SELECT conname FROM pg_constraint WHERE contype = 'f' AND conname LIKE 'segue%'",
  );
  expect(rows).toEqual([]);
  await session.query(`ALTER TABLE "ord""er" DROP COLUMN ${ident(TO)}`);
}

describe.each(MAJORS)("on PostgreSQL %i", (major) => {
  const scripts: [string, string][] = [
    ["a table", PLAIN + (major >= 15 ? NEWER : "") + (major >= 18 ? NEWEST : "")],
    [
      "a partitioned table",
      PARTITIONED.replace(
        "NAMES",
        major >= 18
          ? `ALTER TABLE "High 2" RENAME CONSTRAINT "High 2_Weird ""col""_not_null" TO "ord""er_Weird ""col""_not_null";`
          : "",
      ),
    ],
  ];

  test.each(scripts)(
    "%s after the cut-over has everything that it had before, under the same names",
    async (_, script) => {
      const database = await testDatabase({ major, script });
      await withSession(database, async (session) => {
        const before = await carrySnapshot(session);
        await expandAndFill(session);
        const catalog = await publicCatalog(session);
        const { backfill = [] } = lower(catalog);
        await execute(session, backfill);
        const ready = await carrySnapshot(session);

        const back = await cutover(session, catalog, false);
        expect(await carrySnapshot(session)).toEqual(before);
        await back();
        expect(await carrySnapshot(session)).toEqual(ready);
        await takeBack(session, backfill);
        expect(await carrySnapshot(session)).toEqual(before);

        // And once more, through the drop.
        await expandAndFill(session);
        const again = await publicCatalog(session);
        await execute(session, lower(again).backfill ?? []);
        await cutover(session, again, false);
        await session.query(`ALTER TABLE "ord""er" DROP COLUMN segue_old_col`);
        expect(await carrySnapshot(session)).toEqual(before);
      });
    },
  );

  test("a partitioned table can be taken back wherever the carrying stopped", async () => {
    const script = scripts[1]?.[1] ?? "";
    const database = await testDatabase({ major, script });
    await withSession(database, async (session) => {
      const before = await carrySnapshot(session);
      await expandAndFill(session);
      const { backfill = [] } = lower(await publicCatalog(session));
      // The foreign keys, which alone have an undo, the last step, and some on the way.
      const stops = backfill
        .map((_, at) => at + 1)
        .filter((count) => count % 6 === 0 || backfill[count - 1]?.undo.length !== 0);
      for (const count of new Set([...stops, backfill.length])) {
        const run = backfill.slice(0, count);
        await execute(session, run);
        await takeBack(session, run);
        expect(await carrySnapshot(session), run.at(-1)?.title ?? "").toEqual(before);
        if (count < backfill.length) await expandAndFill(session);
      }
    });
  });

  test("an old column that turns nullable leaves its NOT NULL to whoever puts it back", async () => {
    const database = await testDatabase({ major, script: scripts[1]?.[1] ?? "" });
    await withSession(database, async (session) => {
      const before = await carrySnapshot(session);
      await expandAndFill(session);
      const catalog = await publicCatalog(session);
      await execute(session, lower(catalog).backfill ?? []);
      const ready = await carrySnapshot(session);
      const back = await cutover(session, catalog, true);
      expect(await carrySnapshot(session)).toEqual(before);
      await back();
      const rest = (lines: readonly string[]) =>
        lines.filter((line) => !/^column .*Weird|: NOT NULL "Weird/.test(line));
      expect(rest(await carrySnapshot(session))).toEqual(rest(ready));
    });
  });

  test("a foreign key to a partitioned table is carried and taken back", async () => {
    const script = `
      CREATE TABLE p (k int PRIMARY KEY) PARTITION BY RANGE (k);
      CREATE TABLE p1 PARTITION OF p FOR VALUES FROM (0) TO (10);
      CREATE TABLE "ord""er" ("Weird ""col""" int CONSTRAINT fk REFERENCES p ON DELETE CASCADE);
      INSERT INTO p VALUES (1); INSERT INTO "ord""er" VALUES (1)`;
    const database = await testDatabase({ major, script });
    await withSession(database, async (session) => {
      const before = await carrySnapshot(session);
      await expandAndFill(session);
      const catalog = await publicCatalog(session);
      const { backfill = [] } = lower(catalog);
      await execute(session, backfill);
      const ready = await carrySnapshot(session);
      const back = await cutover(session, catalog, false);
      await session.query("DELETE FROM p");
      expect((await session.query('SELECT * FROM "ord""er"')).rows).toEqual([]);
      await back();
      expect(await carrySnapshot(session)).toEqual(ready);
      await takeBack(session, backfill);
      expect(await carrySnapshot(session)).toEqual(before);
    });
  });

  test.runIf(major >= 18)(
    "NOT NULL constraints of different names on partitions keep the name that they are copied under until the drop",
    async () => {
      const script = PARTITIONED.replace("NAMES", "");
      const database = await testDatabase({ major, script });
      await withSession(database, async (session) => {
        const named = (lines: readonly string[]) => lines.filter((line) => !line.includes("NOT NULL"));
        const before = await carrySnapshot(session);
        await expandAndFill(session);
        const catalog = await publicCatalog(session);
        const { backfill = [] } = lower(catalog);
        await execute(session, backfill);
        const ready = await carrySnapshot(session);
        const back = await cutover(session, catalog, false);
        const after = await carrySnapshot(session);
        expect(named(after)).toEqual(named(before));
        expect(after.filter((line) => line.includes('NOT NULL "Weird')).map((line) => line.split(":")[0])).toEqual([
          'constraint ord"er_Weird "col"_not_null1 of public."High 0"',
          'constraint ord"er_Weird "col"_not_null1 of public."High 2"',
          'constraint ord"er_Weird "col"_not_null1 of public."ord""er"',
          'constraint ord"er_Weird "col"_not_null1 of public.high',
          'constraint ord"er_Weird "col"_not_null1 of public.low',
        ]);
        await back();
        expect(await carrySnapshot(session)).toEqual(ready);
        await takeBack(session, backfill);
        expect(await carrySnapshot(session)).toEqual(before);
      });
    },
  );

  test("a default that the new type can't take fails before anything depends on it", async () => {
    const database = await testDatabase({ major, script: `CREATE TABLE t (a text DEFAULT 'x', b int)` });
    await withSession(database, async (session) => {
      const { backfill = [] } = lower(await publicCatalog(session), { table: "t", from: "a", to: "b" });
      await expect(execute(session, backfill)).rejects.toThrow(
        'column "b" is of type integer but default expression is of type text',
      );
    });
  });
});

describe("the steps", () => {
  const table = tableOf("t", {
    columns: [columnOf("a", "integer", { notNull: true }), columnOf("b", "integer"), columnOf("c", "integer")],
    constraints: [
      constraintOf("check", "positive", "CHECK ((a > 0))", ["a"], { comment: "above" }),
      constraintOf("check", "wish", "CHECK ((a > 1)) NOT VALID", ["a"], { valid: false }),
      constraintOf("unique", "t_a_key", "UNIQUE (a, c)", ["a", "c"], { index: "t_a_key", deferrable: true }),
      constraintOf("foreign key", "t_a_fkey", "FOREIGN KEY (a) REFERENCES public.p(id)", ["a"], {
        references: {
          table: { schema: "public", name: "p" },
          columns: ["id"],
          onDelete: "cascade",
          onUpdate: "no action",
          match: "simple",
        },
      }),
    ],
    indexes: [
      indexOf("t_a_idx", "CREATE INDEX t_a_idx ON public.t USING btree (a DESC)", ["a"]),
      indexOf("t_a_key", "CREATE UNIQUE INDEX t_a_key ON public.t USING btree (a, c)", ["a", "c"], {
        unique: true,
        constraint: "t_a_key",
      }),
    ],
    statistics: [
      {
        schema: "public",
        name: "s",
        definition: "CREATE STATISTICS public.s ON a, c FROM public.t",
        columns: ["a", "c"],
      },
    ],
  });
  const copy = (name: string): string => copyName(table, name, "1_test");
  const steps = (major: number) => lower(catalogOf(major, table), { table: "t", from: "a", to: "b" }).backfill ?? [];
  const sql = (major: number) =>
    steps(major).map((step) => {
      if (step.kind === "concurrent") return `concurrently: ${step.statement}`;
      return step.kind === "transaction" ? `${step.patience}: ${step.statements.join("; ")}` : step.kind;
    });
  const first = [
    `concurrently: CREATE INDEX CONCURRENTLY ${copy("t_a_idx")} ON public.t USING btree (b DESC)`,
    `concurrently: CREATE UNIQUE INDEX CONCURRENTLY ${copy("t_a_key")} ON public.t USING btree (b, c)`,
    `short: ALTER TABLE public.t ADD CONSTRAINT ${copy("t_a_key")} UNIQUE USING INDEX ${copy("t_a_key")} DEFERRABLE`,
    `short: ALTER TABLE public.t ADD CONSTRAINT ${copy("positive")} CHECK ((b > 0)) NOT VALID`,
    `long: ALTER TABLE public.t VALIDATE CONSTRAINT ${copy("positive")}`,
    `short: ALTER TABLE public.t ADD CONSTRAINT ${copy("wish")} CHECK ((b > 1)) NOT VALID`,
  ];
  const last = [
    `short: ALTER TABLE public.t ADD CONSTRAINT ${copy("t_a_fkey")} FOREIGN KEY (b) REFERENCES public.p(id) NOT VALID`,
    `long: ALTER TABLE public.t VALIDATE CONSTRAINT ${copy("t_a_fkey")}`,
    `short: CREATE STATISTICS public.${copy("s")} ON b, c FROM public.t`,
    `short: COMMENT ON CONSTRAINT ${copy("positive")} ON public.t IS 'above'`,
    "long: ANALYZE public.t",
  ];

  test("up to 17, a check proves NOT NULL", () => {
    expect(sql(17)).toEqual([
      ...first,
      `short: ALTER TABLE public.t ADD CONSTRAINT ${copy("b_not_null")} CHECK (b IS NOT NULL) NOT VALID`,
      `long: ALTER TABLE public.t VALIDATE CONSTRAINT ${copy("b_not_null")}`,
      `short: ALTER TABLE public.t ALTER COLUMN b SET NOT NULL; ALTER TABLE public.t DROP CONSTRAINT ${copy("b_not_null")}`,
      ...last,
    ]);
  });

  test("from 18 on, NOT NULL is a constraint", () => {
    expect(sql(18)).toEqual([
      ...first,
      `short: ALTER TABLE public.t ADD CONSTRAINT ${copy("a_not_null")} NOT NULL b NOT VALID`,
      `long: ALTER TABLE public.t VALIDATE CONSTRAINT ${copy("a_not_null")}`,
      ...last,
    ]);
  });

  test("are data, and only a foreign key has an undo", () => {
    expect(JSON.parse(JSON.stringify(steps(18)))).toEqual(steps(18));
    expect(
      steps(18).flatMap((step) =>
        step.undo.map((back) => (back.kind === "transaction" ? [back.statements, back.locks] : [])),
      ),
    ).toEqual([
      [
        [`ALTER TABLE public.t DROP CONSTRAINT IF EXISTS ${copy("t_a_fkey")}`],
        [
          { relation: { schema: "public", name: "t" }, mode: "ACCESS EXCLUSIVE" },
          { relation: { schema: "public", name: "p" }, mode: "ACCESS EXCLUSIVE" },
        ],
      ],
    ]);
  });

  test("leave the default to the cut-over, which `defaults` asks for", () => {
    const given = tableOf("t", { columns: [columnOf("a", "integer", { default: "7" }), columnOf("b", "integer")] });
    const { backfill, cutover: moves } = lower(catalogOf(18, given), {
      table: "t",
      from: "a",
      to: "b",
      defaults: true,
    });
    expect(backfill?.map((step) => step.title)).toEqual(["analyze public.t.b"]);
    expect(moves?.flatMap((step) => (step.kind === "transaction" ? step.statements : []))).toEqual([
      "ALTER TABLE public.t ALTER COLUMN b SET DEFAULT 7",
      "ALTER TABLE public.t ALTER COLUMN a DROP DEFAULT",
    ]);
  });

  test("are refused with the whole list of what can't be carried", () => {
    const keyed = tableOf("t", {
      columns: [columnOf("a", "integer"), columnOf("b", "bigint"), columnOf("c", "integer")],
      constraints: [constraintOf("primary key", "t_pkey", "PRIMARY KEY (a)", ["a"])],
      dependents: [dependentOf("view", "public.v", ["a"])],
    });
    expect(thrownBy(() => lower(catalogOf(18, keyed), { table: "t", from: "a", to: "b" }))).toMatchObject({
      code: "SEG0102",
      problems: [
        { message: "it is in the primary key t_pkey on public.t" },
        { message: "view public.v names the column" },
      ],
    });
    // To a duplicate of the same type it follows.
    expect(thrownBy(() => lower(catalogOf(18, keyed), { table: "t", from: "a", to: "c" }))).toMatchObject({
      problems: [{ message: "it is in the primary key t_pkey on public.t" }],
    });
  });

  test("are refused where one plan replaces two columns of one index", () => {
    const entries = [
      { phase: "backfill" as const, spec: { kind: "carry", fields: { table: "t", from: "c", to: "d" } } },
    ];
    const context = {
      catalog: catalogOf(18, table),
      phase: "backfill" as const,
      plan: "1_test",
      settings: DEFAULT_SETTINGS,
      entries,
    };
    expect(thrownBy(() => carry.lower({ table: "t", from: "a", to: "b" }, context))).toMatchObject({
      code: "SEG0102",
      problems: [
        { message: "t_a_key on public.t reads a, c: replace one of them in a plan of its own" },
        { message: "s on public.t reads a, c: replace one of them in a plan of its own" },
      ],
    });
  });
});

function thrownBy(work: () => unknown): unknown {
  try {
    work();
  } catch (error) {
    return error;
  }
  throw new Error("nothing was thrown");
}
