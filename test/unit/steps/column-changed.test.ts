import { expect, test } from "vitest";
import { columnChanged } from "../../../src/steps/column-changed.ts";

const column = (name: string, type: string, collation: string | null = null) => ({ name, type, collation });
const changed = (...columns: ReturnType<typeof column>[]): string =>
  columnChanged(columns, (name) => (name === "old" ? "segue old" : name));

test("a type that calls nothing equal but the same value is compared by itself", () => {
  expect(changed(column("id", "bigint"))).toBe("(NEW.id IS DISTINCT FROM OLD.id)");
  expect(changed(column("old", "character varying(80)"), column("at", "timestamp(3) with time zone"))).toBe(
    '(NEW."segue old" IS DISTINCT FROM OLD."segue old" OR NEW.at IS DISTINCT FROM OLD.at)',
  );
});

test.each([
  "numeric",
  "double precision",
  "character(3)",
  "json",
  "jsonb",
  "public.citext",
  "text[]",
  "interval",
  "time with time zone",
])("%s is compared by its image", (type) => {
  expect(changed(column("a", type))).toBe(
    "(ROW(NEW.a)::pg_catalog.record OPERATOR(pg_catalog.*<>) ROW(OLD.a)::pg_catalog.record)",
  );
});

test("a text of another collation is compared by its image: the collation may call different texts equal", () => {
  expect(changed(column("a", "text", 'public."ignore case"'), column("b", "text"), column("c", "json"))).toBe(
    "(NEW.b IS DISTINCT FROM OLD.b OR ROW(NEW.a, NEW.c)::pg_catalog.record OPERATOR(pg_catalog.*<>) ROW(OLD.a, OLD.c)::pg_catalog.record)",
  );
});
