import { describe, expect, test } from "vitest";
import { assignable, assignmentCanRaise, fitOrNull, stored } from "../../../src/steps/cast.ts";
import { MAJORS, testDatabase } from "../../support/postgres.ts";

test("a length is left to the assignment, which raises where a cast would cut", () => {
  expect(assignable("x", "integer")).toBe("(x)::integer");
  expect(assignable("x", "numeric(5,2)")).toBe("(x)::numeric(5,2)");
  expect(assignable("x", "character varying(3)")).toBe("(x)::character varying");
  expect(assignable("x", "character(3)")).toBe("(x)::pg_catalog.bpchar");
  expect(assignable("x", "character varying(3)[]")).toBe("(x)::character varying[]");
  expect(assignable("x", "bit(3)")).toBe("(x)");
  expect(assignable("x", "bit varying(3)")).toBe("(x)::bit varying");
  expect(stored("x", "character varying(3)")).toBe("(x)::character varying(3)");
});

test("an integer is compared with the range of the type that it goes to", () => {
  expect(fitOrNull("NEW.n", "bigint", "integer")).toBe(
    "CASE WHEN NEW.n BETWEEN -2147483648 AND 2147483647 THEN NEW.n::integer END",
  );
  expect(fitOrNull("NEW.n", "integer", "smallint")).toBe(
    "CASE WHEN NEW.n BETWEEN -32768 AND 32767 THEN NEW.n::smallint END",
  );
  expect(fitOrNull("NEW.n", "numeric", "integer")).toBeNull();
  expect(fitOrNull("NEW.n", "bigint", "text")).toBeNull();
});

/** Types with a value that is the largest, longest or oddest of them. */
const EXTREMES: Readonly<Record<string, string>> = {
  smallint: "32767",
  integer: "2147483647",
  bigint: "9223372036854775807",
  numeric: "1e30",
  "numeric(5,2)": "999.99",
  "numeric(5,0)": "99999",
  "numeric(7,2)": "99999.99",
  "numeric(7,4)": "999.9999",
  text: "'longer than five'",
  "character varying": "'longer than five'",
  "character varying(3)": "'abc'",
  "character varying(5)": "'abcde'",
  "character(3)": "'abc'",
  "double precision": "1e300",
  boolean: "true",
  date: "'infinity'",
  "timestamp with time zone": "'infinity'",
};

describe.each(MAJORS)("on PostgreSQL %i", (major) => {
  test("an assignment that is said never to raise does not, at the extremes of each type", async () => {
    const database = await testDatabase({ major });
    const raised: string[] = [];
    for (const [from, value] of Object.entries(EXTREMES)) {
      for (const to of Object.keys(EXTREMES)) {
        if (assignmentCanRaise(from, to)) continue;
        const assign = `DO $$ DECLARE source ${from} := ${value}; target ${to}; BEGIN target := ${assignable("source", to)}; END $$`;
        await database.query(assign).catch((error: Error) => raised.push(`${from} to ${to}: ${error.message}`));
      }
    }
    expect(raised).toEqual([]);
    expect(assignmentCanRaise("integer", "bigint")).toBe(false);
    expect(assignmentCanRaise("bigint", "integer")).toBe(true);
    expect(assignmentCanRaise("numeric(5,2)", "numeric(7,2)")).toBe(false);
    expect(assignmentCanRaise("character varying(3)", "character varying(5)")).toBe(false);
    expect(assignmentCanRaise("text", "jsonb")).toBe(true);
  });
});
