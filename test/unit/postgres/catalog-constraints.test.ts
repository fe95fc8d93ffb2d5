import { describe, expect, test } from "vitest";
import { MAJORS, testDatabase } from "../../support/postgres.ts";
import { catalogOf, inPublic, tableOf } from "./catalog-of.ts";

describe.each(MAJORS)("on PostgreSQL %i", (major) => {
  test("constraints keep the pairing of their columns", async () => {
    const database = await testDatabase({
      major,
      script: `
        CREATE EXTENSION IF NOT EXISTS btree_gist;
        CREATE TABLE parent (a integer, b integer, PRIMARY KEY (a, b));
        CREATE TABLE child (
          x integer, y integer, r int4range, s text,
          CONSTRAINT fk FOREIGN KEY (y, x) REFERENCES parent (a, b) MATCH FULL ON DELETE CASCADE ON UPDATE SET NULL DEFERRABLE INITIALLY DEFERRED,
          CONSTRAINT uq UNIQUE (y, x) INCLUDE (s),
          CONSTRAINT ck CHECK (y > x) NO INHERIT,
          CONSTRAINT ex EXCLUDE USING gist (r WITH &&, lower(s) WITH =) WHERE (x > 0)
        );
        ALTER TABLE child ADD CONSTRAINT nv CHECK (s IS NOT NULL) NOT VALID;
        COMMENT ON CONSTRAINT ck ON child IS 'why';`,
    });
    const { constraints } = await tableOf(database, inPublic("child"));
    const plain = {
      expression: null,
      references: null,
      deferrable: false,
      initiallyDeferred: false,
      valid: true,
      index: null,
      comment: null,
      inherited: false,
      noInherit: false,
    };
    expect(constraints).toEqual([
      {
        ...plain,
        name: "ck",
        kind: "check",
        definition: "CHECK ((y > x)) NO INHERIT",
        expression: "(y > x)",
        columns: ["y", "x"],
        comment: "why",
        noInherit: true,
      },
      {
        ...plain,
        name: "ex",
        kind: "exclusion",
        definition: "EXCLUDE USING gist (r WITH &&, lower(s) WITH =) WHERE ((x > 0))",
        columns: ["r", "x", "s"],
        index: "ex",
        noInherit: true,
      },
      {
        ...plain,
        name: "fk",
        kind: "foreign key",
        definition:
          "FOREIGN KEY (y, x) REFERENCES public.parent(a, b) MATCH FULL ON UPDATE SET NULL ON DELETE CASCADE DEFERRABLE INITIALLY DEFERRED",
        columns: ["y", "x"],
        references: {
          table: inPublic("parent"),
          columns: ["a", "b"],
          onDelete: "cascade",
          onUpdate: "set null",
          match: "full",
        },
        deferrable: true,
        initiallyDeferred: true,
        noInherit: true,
      },
      {
        ...plain,
        name: "nv",
        kind: "check",
        definition: "CHECK ((s IS NOT NULL)) NOT VALID",
        expression: "(s IS NOT NULL)",
        columns: ["s"],
        valid: false,
      },
      {
        ...plain,
        name: "uq",
        kind: "unique",
        definition: "UNIQUE (y, x) INCLUDE (s)",
        columns: ["y", "x"],
        index: "uq",
        noInherit: true,
      },
    ]);
  });

  test("a foreign key to a partitioned table stands once", async () => {
    const database = await testDatabase({
      major,
      script: `
        CREATE TABLE p (id integer PRIMARY KEY) PARTITION BY RANGE (id);
        CREATE TABLE p_1 PARTITION OF p FOR VALUES FROM (0) TO (10);
        CREATE TABLE p_2 PARTITION OF p FOR VALUES FROM (10) TO (20);
        CREATE TABLE c (id integer REFERENCES p);`,
    });
    const catalog = await catalogOf(database, inPublic("p"), inPublic("c"));
    expect(catalog.tables["public.c"]?.constraints).toMatchObject([{ name: "c_id_fkey", inherited: false }]);
    expect(catalog.tables["public.p"]?.dependents).toEqual([
      { kind: "foreign key", name: "c_id_fkey on public.c", evidence: "pg_depend", columns: ["id"] },
    ]);
  });
});
