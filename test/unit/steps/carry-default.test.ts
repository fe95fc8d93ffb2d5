import { describe, expect, test } from "vitest";
import { defaultAtCutover } from "../../../src/steps/carry-default.ts";
import { onMember } from "../../../src/steps/on-member.ts";
import { MAJORS, testDatabase } from "../../support/postgres.ts";
import { columnOf, tableOf } from "./carry-catalog.ts";

const names = { hidden: "old", final: "n" };
const sequence = { schema: "public", name: "t_n_seq" };
const serial = columnOf("n", "integer", { default: "nextval('public.t_n_seq'::regclass)", sequence });

test("a column without a default moves nothing", () => {
  expect(defaultAtCutover(tableOf("t"), columnOf("n", "text"), { ...names, type: "text" })).toEqual({
    apply: [],
    undo: [],
    losses: [],
  });
});

test("a default moves, and back", () => {
  expect(
    defaultAtCutover(tableOf("t"), columnOf("n", "text", { default: "'x'::text" }), { ...names, type: "text" }),
  ).toEqual({
    apply: [
      "ALTER TABLE public.t ALTER COLUMN n SET DEFAULT 'x'::text",
      "ALTER TABLE public.t ALTER COLUMN old DROP DEFAULT",
    ],
    undo: [
      "ALTER TABLE public.t ALTER COLUMN old SET DEFAULT 'x'::text",
      "ALTER TABLE public.t ALTER COLUMN n DROP DEFAULT",
    ],
    losses: [],
  });
});

test("partitions keep defaults of their own", () => {
  const leaf = tableOf("t1", { columns: [columnOf("n", "integer", { default: "2" })] });
  const bare = tableOf("t2", { columns: [columnOf("n", "integer")] });
  expect(
    defaultAtCutover(tableOf("t"), columnOf("n", "integer", { default: "1" }), { ...names, type: "integer" }, [
      leaf,
      bare,
    ]).apply,
  ).toEqual([
    "ALTER TABLE ONLY public.t ALTER COLUMN n SET DEFAULT 1",
    "ALTER TABLE ONLY public.t ALTER COLUMN old DROP DEFAULT",
    // Nothing, if the partition is gone by then.
    ...onMember(tableOf("t"), leaf, [
      "ALTER TABLE ONLY public.t1 ALTER COLUMN n SET DEFAULT 2",
      "ALTER TABLE ONLY public.t1 ALTER COLUMN old DROP DEFAULT",
    ]),
  ]);
});

test("a serial's sequence changes hands without a change of type", () => {
  const moved = defaultAtCutover(tableOf("t"), serial, { ...names, type: "integer" });
  expect(moved.apply.slice(2)).toEqual(["ALTER SEQUENCE public.t_n_seq OWNED BY public.t.n"]);
  expect(moved.undo.slice(0, 1)).toEqual(["ALTER SEQUENCE public.t_n_seq OWNED BY public.t.old"]);
});

test("further sequences change hands too, of whatever type they are", () => {
  const others = [{ schema: "public", name: "More" }];
  const moved = defaultAtCutover(tableOf("t"), columnOf("n", "integer", { otherSequences: others }), {
    ...names,
    type: "bigint",
  });
  expect(moved.apply).toEqual(['ALTER SEQUENCE public."More" OWNED BY public.t.n']);
  expect(moved.undo).toEqual(['ALTER SEQUENCE public."More" OWNED BY public.t.old']);
});

test("a sequence that is wide already is left as it is", () => {
  const moved = defaultAtCutover(tableOf("t"), { ...serial, sequenceType: "bigint" }, { ...names, type: "bigint" });
  expect(moved.apply.slice(2)).toEqual(["ALTER SEQUENCE public.t_n_seq OWNED BY public.t.n"]);
});

describe.each(MAJORS)("on PostgreSQL %i", (major) => {
  const moved = defaultAtCutover(tableOf("t"), serial, { ...names, type: "bigint" });
  const script =
    "CREATE TABLE t (old serial, n bigint); ALTER SEQUENCE t_old_seq RENAME TO t_n_seq; ALTER TABLE t ALTER old DROP NOT NULL";
  const state = `SELECT seqtypid::regtype::text AS type, pg_get_serial_sequence('t', 'n') AS n, pg_get_serial_sequence('t', 'old') AS old
                   FROM pg_sequence`;

  test("a serial's sequence is widened with its column, and narrowed again", async () => {
    const database = await testDatabase({ major, script });
    await database.query(`BEGIN; ${moved.apply.join("; ")}; COMMIT`);
    expect(await database.query(state)).toEqual([{ type: "bigint", n: "public.t_n_seq", old: null }]);
    expect(await database.query("INSERT INTO t DEFAULT VALUES RETURNING *")).toEqual([{ old: null, n: "1" }]);
    expect(await database.query(moved.losses[0]!.count)).toEqual([{ count: "0" }]);
    await database.query(`BEGIN; ${moved.undo.join("; ")}; COMMIT`);
    expect(await database.query(state)).toEqual([{ type: "integer", n: null, old: "public.t_n_seq" }]);
  });

  test("a sequence that has passed the old type is reported, and stays wide", async () => {
    const database = await testDatabase({ major, script });
    await database.query(`BEGIN; ${moved.apply.join("; ")}; COMMIT`);
    await database.query("SELECT setval('t_n_seq', 2147483648)");
    expect(await database.query(moved.losses[0]!.count)).toEqual([{ count: "1" }]);
    await database.query(`BEGIN; ${moved.undo.join("; ")}; COMMIT`);
    expect(await database.query(state)).toEqual([{ type: "bigint", n: null, old: "public.t_n_seq" }]);
  });
});
