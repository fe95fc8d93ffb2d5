import { describe, expect, test } from "vitest";
import { MAJORS, testDatabase } from "../../support/postgres.ts";
import { catalogOf, inPublic } from "./catalog-of.ts";

describe.each(MAJORS)("on PostgreSQL %i", (major) => {
  test("a partitioned table has its partitions, parents first, and the keys of all levels", async () => {
    const database = await testDatabase({
      major,
      script: `
        CREATE TABLE target (id integer PRIMARY KEY);
        CREATE TABLE p (k integer, region text, at date, target integer REFERENCES target) PARTITION BY RANGE (k);
        CREATE TABLE p_2 PARTITION OF p FOR VALUES FROM (10) TO (20) PARTITION BY LIST (lower(region));
        CREATE TABLE p_1 PARTITION OF p FOR VALUES FROM (0) TO (10);
        CREATE TABLE p_2_a PARTITION OF p_2 FOR VALUES IN ('a');
        CREATE INDEX p_at ON p (at);
        INSERT INTO target VALUES (1);
        INSERT INTO p SELECT i % 10, 'x', now(), 1 FROM generate_series(1, 1000) i;
        ANALYZE p_1;
        CREATE TABLE referring (target integer, k integer);`,
    });
    const catalog = await catalogOf(database, inPublic("p"), inPublic("p_2"), inPublic("p_1"), inPublic("p_2_a"));
    const { "public.p": p, "public.p_2": p2, "public.p_1": p1, "public.p_2_a": leaf } = catalog.tables;
    expect(p).toMatchObject({
      kind: "partitioned",
      parent: null,
      inheritanceChildren: [],
      leaves: [inPublic("p_1"), inPublic("p_2_a")],
      partitions: [
        { name: inPublic("p_2"), parent: inPublic("p"), leaf: false },
        { name: inPublic("p_1"), parent: inPublic("p"), leaf: true },
        { name: inPublic("p_2_a"), parent: inPublic("p_2"), leaf: true },
      ],
      partitionKeyColumns: ["k", "region"],
      accessMethod: null,
      estimatedRows: 1000,
    });
    expect(p?.bytes).toBe((p1?.bytes ?? 0) + (leaf?.bytes ?? 0));
    expect(p2).toMatchObject({ kind: "partitioned", parent: inPublic("p"), partitionKeyColumns: ["region"] });
    expect(p1).toMatchObject({
      kind: "partition",
      parent: inPublic("p"),
      leaves: [],
      partitionKeyColumns: [],
      estimatedRows: 1000,
    });
    expect(leaf).toMatchObject({ kind: "partition", parent: inPublic("p_2"), estimatedRows: -1 });
    expect(p1?.columns.every((column) => column.inherited)).toBe(true);
    expect(p1?.constraints.filter((constraint) => constraint.kind === "foreign key")).toMatchObject([
      { inherited: true },
    ]);
    expect(p1?.indexes).toMatchObject([{ name: "p_1_at_idx", parent: inPublic("p_at") }]);
  });

  test("plain inheritance, clones of triggers and an unlogged table are told", async () => {
    const database = await testDatabase({
      major,
      script: `
        CREATE UNLOGGED TABLE top (id integer, CHECK (id > 0));
        CREATE TABLE below () INHERITS (top);
        CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';
        CREATE TABLE p (k integer) PARTITION BY RANGE (k);
        CREATE TRIGGER tr AFTER UPDATE OF k ON p FOR EACH ROW EXECUTE FUNCTION f();
        CREATE TABLE p_1 PARTITION OF p FOR VALUES FROM (0) TO (10);`,
    });
    const { tables } = await catalogOf(database, inPublic("top"), inPublic("below"), inPublic("p"), inPublic("p_1"));
    expect(tables["public.top"]).toMatchObject({ persistence: "unlogged", inheritanceChildren: [inPublic("below")] });
    expect(tables["public.below"]).toMatchObject({
      parent: inPublic("top"),
      columns: [{ inherited: true }],
      constraints: [{ inherited: true }],
    });
    expect(tables["public.p_1"]?.triggers).toMatchObject([{ name: "tr", inherited: true, columns: ["k"] }]);
    expect(tables["public.p"]?.dependents).toEqual([
      { kind: "trigger", name: "tr on public.p", evidence: "pg_depend", columns: ["k"] },
    ]);
  });

  test("a table that a subscription writes to is told, at every level", async () => {
    const database = await testDatabase({
      major,
      script: `
        CREATE TABLE p (k integer) PARTITION BY RANGE (k);
        CREATE TABLE p_1 PARTITION OF p FOR VALUES FROM (0) TO (10);
        CREATE TABLE apart (k integer);`,
    });
    await database.query(
      "CREATE SUBSCRIPTION s CONNECTION 'host=nowhere.invalid' PUBLICATION p WITH (connect = false)",
    );
    await database.query(
      "INSERT INTO pg_subscription_rel (srsubid, srrelid, srsubstate) SELECT oid, 'p_1'::regclass, 'r' FROM pg_subscription WHERE subname = 's' AND subdbid = (SELECT oid FROM pg_database WHERE datname = current_database())",
    );
    const { tables } = await catalogOf(database, inPublic("p"), inPublic("p_1"), inPublic("apart"));
    await database.query("DELETE FROM pg_subscription_rel");
    await database.query("ALTER SUBSCRIPTION s SET (slot_name = NONE)");
    await database.query("DROP SUBSCRIPTION s");
    expect(Object.values(tables).map(({ name, subscribed }) => [name, subscribed])).toEqual([
      ["apart", false],
      ["p", true],
      ["p_1", true],
    ]);
  });
});
