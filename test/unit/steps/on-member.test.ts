import { expect, test } from "vitest";
import { onMember } from "../../../src/steps/on-member.ts";
import { tableOf } from "./carry-catalog.ts";

test("what is about the table itself stands as it is", () => {
  expect(onMember(tableOf("t"), tableOf("t"), ["SELECT 1"])).toEqual(["SELECT 1"]);
  expect(onMember(tableOf("t"), tableOf("t1"), [])).toEqual([]);
});

test("what is about a partition runs if it is one", () => {
  expect(onMember(tableOf("t"), tableOf("t1"), ["SELECT 1", "SELECT 2"])).toMatchInlineSnapshot(`
    [
      "DO $segue$
    BEGIN
      IF EXISTS (SELECT FROM pg_catalog.pg_partition_tree('public.t') WHERE relid = pg_catalog.to_regclass('public.t1')) THEN
        SELECT 1;
        SELECT 2;
      END IF;
    END
    $segue$",
    ]
  `);
});
