import { expect, test } from "vitest";
import { SegueError } from "../../../src/model/errors.ts";
import { copyName, hiddenConstraintName } from "../../../src/steps/carry-names.ts";
import { carryRenames } from "../../../src/steps/carry-renames.ts";
import { catalogOf, columnOf, constraintOf, indexOf, tableOf } from "./carry-catalog.ts";

const required = columnOf("a", "integer", { notNull: true, notNullConstraint: "t_a_not_null" });
const table = tableOf("t", {
  columns: [required],
  constraints: [
    constraintOf("unique", "t_a_key", "UNIQUE (a)", ["a"], { index: "t_a_key" }),
    constraintOf("not null", "t_a_not_null", "NOT NULL a", ["a"]),
    constraintOf("check", "other", "CHECK ((b > 0))", ["b"]),
  ],
  indexes: [
    indexOf("t_a_key", "CREATE UNIQUE INDEX t_a_key ON public.t USING btree (a)", ["a"], {
      unique: true,
      constraint: "t_a_key",
    }),
    indexOf("Index", 'CREATE INDEX "Index" ON public.t USING btree (a)', ["a"], { clustered: true }),
    indexOf("b_idx", "CREATE INDEX b_idx ON public.t USING btree (b)", ["b"]),
  ],
  statistics: [
    { schema: "stats", name: "s", definition: "CREATE STATISTICS stats.s ON a, b FROM public.t", columns: ["a", "b"] },
  ],
});
const old = (name: string): string => hiddenConstraintName(table, name, "1_p");
const copy = (name: string): string => copyName(table, name, "1_p");
const ifThere = (condition: string, statement: string): string =>
  `DO $segue$\nBEGIN\n  IF ${condition} THEN\n    ${statement};\n  END IF;\nEND\n$segue$`;
const standing = (constraint: string, statement: string): string =>
  ifThere(
    `EXISTS (SELECT FROM pg_catalog.pg_constraint WHERE conname = '${constraint}' AND conrelid = 'public.t'::regclass)`,
    statement,
  );

test("originals go out of sight before the copies take their names, and the undo is the exact reverse", () => {
  const { apply, undo } = carryRenames(table, "a", "1_p", { catalog: catalogOf(18, table), oldBecomesNullable: false });
  expect(apply).toEqual([
    `ALTER INDEX public."Index" RENAME TO "${old("Index")}"`,
    `ALTER INDEX public."${copy("Index")}" RENAME TO "Index"`,
    `ALTER TABLE public.t RENAME CONSTRAINT t_a_key TO ${old("t_a_key")}`,
    `ALTER TABLE public.t RENAME CONSTRAINT ${copy("t_a_key")} TO t_a_key`,
    `ALTER STATISTICS stats.s RENAME TO ${old("s")}`,
    `ALTER STATISTICS stats.${copy("s")} RENAME TO s`,
    `ALTER TABLE public.t CLUSTER ON "Index"`,
    `ALTER TABLE public.t RENAME CONSTRAINT t_a_not_null TO ${old("t_a_not_null")}`,
    `ALTER TABLE public.t RENAME CONSTRAINT ${copy("t_a_not_null")} TO t_a_not_null`,
  ]);
  expect(undo).toEqual([
    standing("t_a_not_null", `ALTER TABLE public.t RENAME CONSTRAINT t_a_not_null TO ${copy("t_a_not_null")}`),
    `ALTER TABLE public.t RENAME CONSTRAINT ${old("t_a_not_null")} TO t_a_not_null`,
    `ALTER TABLE public.t CLUSTER ON "${old("Index")}"`,
    ifThere(
      "EXISTS (SELECT FROM pg_catalog.pg_statistic_ext WHERE stxname = 's' AND stxnamespace = 'stats'::regnamespace)",
      `ALTER STATISTICS stats.s RENAME TO ${copy("s")}`,
    ),
    `ALTER STATISTICS stats.${old("s")} RENAME TO s`,
    standing("t_a_key", `ALTER TABLE public.t RENAME CONSTRAINT t_a_key TO ${copy("t_a_key")}`),
    `ALTER TABLE public.t RENAME CONSTRAINT ${old("t_a_key")} TO t_a_key`,
    ifThere(`to_regclass('public."Index"') IS NOT NULL`, `ALTER INDEX public."Index" RENAME TO "${copy("Index")}"`),
    `ALTER INDEX public."${old("Index")}" RENAME TO "Index"`,
  ]);
});

test("a NOT NULL that the cut-over drops has no name to give back", () => {
  const { undo } = carryRenames(table, "a", "1_p", { catalog: catalogOf(18, table), oldBecomesNullable: true });
  expect(undo.filter((statement) => statement.includes("not_null"))).toEqual([
    standing("t_a_not_null", `ALTER TABLE public.t RENAME CONSTRAINT t_a_not_null TO ${copy("t_a_not_null")}`),
  ]);
});

test("before 18 NOT NULL has no name", () => {
  const { apply } = carryRenames(table, "a", "1_p", { catalog: catalogOf(17, table), oldBecomesNullable: false });
  expect(apply.join()).not.toContain("not_null");
});

test("a replica identity that may turn NULL is refused", () => {
  const index = indexOf("ri", "CREATE UNIQUE INDEX ri ON public.t USING btree (a)", ["a"], {
    unique: true,
    replicaIdentity: true,
  });
  const identified = tableOf("t", { columns: [required], indexes: [index] });
  expect(() =>
    carryRenames(identified, "a", "1_p", { catalog: catalogOf(18, identified), oldBecomesNullable: true }),
  ).toThrow(SegueError);
  expect(
    carryRenames(identified, "a", "1_p", { catalog: catalogOf(18, identified), oldBecomesNullable: false }).apply.at(2),
  ).toBe("ALTER TABLE public.t REPLICA IDENTITY USING INDEX ri");
});
