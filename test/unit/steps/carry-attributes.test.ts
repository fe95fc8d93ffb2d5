import { describe, expect, test } from "vitest";
import { duplicateAttributes } from "../../../src/steps/carry-attributes.ts";
import { columnOf, tableOf } from "./carry-catalog.ts";

const extended = { storage: "extended", defaultStorage: "extended" } as const;

describe("a new column", () => {
  test("needs nothing where the original has what its type gives", () => {
    expect(duplicateAttributes(tableOf("t"), columnOf("a", "text", extended), "b")).toEqual([]);
  });

  test("gets everything that the original has", () => {
    const column = columnOf('Weird "col"', "text", {
      storage: "external",
      defaultStorage: "extended",
      compression: "lz4",
      statisticsTarget: 0,
      options: ["n_distinct=-0.5", "n_distinct_inherited=7"],
      comment: "it's \\ here",
      securityLabels: [{ provider: "anon", label: "MASKED" }],
      grants: [
        { grantee: "PUBLIC", privilege: "SELECT", grantable: false },
        { grantee: "Mia", privilege: "UPDATE", grantable: true },
      ],
    });
    expect(duplicateAttributes(tableOf("Order"), column, "größe")).toEqual([
      'ALTER TABLE public."Order" ALTER COLUMN "größe" SET STORAGE EXTERNAL',
      'ALTER TABLE public."Order" ALTER COLUMN "größe" SET COMPRESSION lz4',
      'ALTER TABLE public."Order" ALTER COLUMN "größe" SET STATISTICS 0',
      `ALTER TABLE public."Order" ALTER COLUMN "größe" SET (n_distinct = '-0.5', n_distinct_inherited = '7')`,
      `COMMENT ON COLUMN public."Order"."größe" IS E'it''s \\\\ here'`,
      `SECURITY LABEL FOR anon ON COLUMN public."Order"."größe" IS 'MASKED'`,
      'GRANT SELECT ("größe") ON TABLE public."Order" TO PUBLIC',
      'GRANT UPDATE ("größe") ON TABLE public."Order" TO "Mia" WITH GRANT OPTION',
    ]);
  });

  test("of another type takes storage only if that type has such", () => {
    const column = columnOf("a", "text", { storage: "external", defaultStorage: "extended", compression: "pglz" });
    expect(duplicateAttributes(tableOf("t"), column, "b", "integer")).toEqual([]);
    expect(duplicateAttributes(tableOf("t"), column, "b", "character varying(20)")).toEqual([
      "ALTER TABLE public.t ALTER COLUMN b SET STORAGE EXTERNAL",
      "ALTER TABLE public.t ALTER COLUMN b SET COMPRESSION pglz",
    ]);
  });

  test("takes over what each partition has of its own", () => {
    const leaf = tableOf("t1", { columns: [columnOf("a", "integer", { statisticsTarget: 5 })] });
    expect(
      duplicateAttributes(tableOf("t"), columnOf("a", "integer", { statisticsTarget: 7 }), "b", "integer", [leaf]),
    ).toEqual([
      "ALTER TABLE ONLY public.t ALTER COLUMN b SET STATISTICS 7",
      "ALTER TABLE ONLY public.t1 ALTER COLUMN b SET STATISTICS 5",
    ]);
  });
});
