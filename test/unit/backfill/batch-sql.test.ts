import { expect, test } from "vitest";
import {
  blockBatch,
  keyBatch,
  keyedRowBatch,
  needs,
  plannable,
  rowBatch,
  type Work,
} from "../../../src/backfill/batch-sql.ts";
import { literal } from "../../../src/sql/literal.ts";

const work: Work = {
  rollout: "7",
  epoch: 3,
  extent: "11",
  owner: "w#1",
  table: { schema: "public", name: "Users" },
  step: {
    set: [{ column: "handle", value: "lower(segue_row.name)" }],
    where: "segue_row.handle IS NULL AND segue_row.name <> 'nobody'",
    empty: "segue_row.handle IS NULL",
  },
  keyColumns: ["id"],
  aside: [],
};

const counted = "CASE WHEN (SELECT rows FROM total) >= 0 THEN";
const hot = `${counted} pg_stat_get_xact_tuples_hot_updated('public."Users"'::regclass) - current_setting('segue.hot')::bigint END`;
const wal = `${counted} (pg_current_wal_insert_lsn() - current_setting('segue.wal')::pg_lsn)::bigint END`;
const returning =
  `rows_done = rows_done + (SELECT rows FROM total), hot_rows = hot_rows + ${hot}, wal_bytes = wal_bytes + ${wal}, ` +
  "updated_at = clock_timestamp() WHERE id = 11 " +
  `RETURNING (SELECT rows FROM total) AS rows, ${hot} AS hot, ${wal} AS wal, ` +
  `pg_relation_filenode('public."Users"'::regclass)::text AS relfilenode`;

const before =
  `SELECT set_config('segue.hot', pg_stat_get_xact_tuples_hot_updated('public."Users"'::regclass)::text, true), ` +
  "set_config('segue.wal', pg_current_wal_insert_lsn()::text, true);\n";

const wanted = "(segue_row.handle IS NULL AND segue_row.name <> 'nobody')";
const inStripe = (from: number, to: number, pointers: string): string =>
  "segue_row.ctid = ANY (ARRAY(SELECT (page || pointer)::tid FROM " +
  `(SELECT count(*) AS rows FROM ONLY public."Users" AS seen WHERE seen.ctid >= '(${from},0)'::tid AND seen.ctid < '(${to},0)'::tid) AS pruned, ` +
  `(SELECT '(' || block || ',' AS page FROM generate_series(${from}, ${to - 1}) AS block OFFSET 0) AS pages, ` +
  `unnest(ARRAY[${pointers}]) AS pointer WHERE pruned.rows >= 0))`;
const changed = (update: string): string =>
  `WITH total AS MATERIALIZED (SELECT segue.changed(${literal(update)}) AS rows) `;

test("a stripe of a window: fence, rows and cursor in one message", () => {
  const range = { from: 64, to: 96, stripe: [5, 21] };
  expect(blockBatch(work, range, { block: 64, stripe: 6, window: 32 })).toBe(
    "SELECT segue.fence(7, 3), segue.hold(11, 'w#1');\n" +
      `${before}SET CONSTRAINTS ALL IMMEDIATE;\n` +
      changed(
        'UPDATE ONLY public."Users" AS segue_row SET handle = lower(segue_row.name) ' +
          `WHERE ${inStripe(64, 96, "'5)', '21)'")} AND CASE WHEN true THEN ${wanted} ELSE false END`,
      ) +
      `UPDATE segue.extent SET cursor_block = 64, stripe = 6, window_blocks = 32, ${returning}`,
  );
});

test("what is locked is left out by an inner scan over the same rows", () => {
  const text = blockBatch(work, { from: 0, to: 8, stripe: [1] }, null, true);
  expect(text).toContain(
    changed(
      'UPDATE ONLY public."Users" AS segue_row SET handle = lower(segue_row.name) ' +
        'WHERE segue_row.ctid = ANY (ARRAY(SELECT segue_row.ctid FROM ONLY public."Users" AS segue_row ' +
        `WHERE ${inStripe(0, 8, "'1)'")} AND CASE WHEN true THEN ${wanted} ELSE false END ` +
        `FOR NO KEY UPDATE SKIP LOCKED)) AND CASE WHEN true THEN ${wanted} ELSE false END`,
    ),
  );
  expect(text).toContain(`UPDATE segue.extent SET ${returning}`);
});

test("rows put aside are left out before the predicate is asked", () => {
  expect(needs({ ...work, aside: ['{"id": 1}', '{"id": 2}'] })).toBe(
    `CASE WHEN jsonb_build_object('id', segue_row.id) <> ALL (ARRAY['{"id": 1}', '{"id": 2}']::jsonb[]) ` +
      `THEN ${wanted} ELSE false END`,
  );
});

test("a sweep has no stripes, and is sent in a form that the server refuses where rules do something else instead", () => {
  expect(blockBatch(work, { from: 0, to: 8, stripe: null }, null)).toContain(
    `\nWITH batch AS (UPDATE ONLY public."Users" AS segue_row SET handle = lower(segue_row.name) WHERE ` +
      `segue_row.ctid >= '(0,0)'::tid AND segue_row.ctid < '(8,0)'::tid AND CASE WHEN true THEN ${wanted} ELSE false END RETURNING 1), ` +
      "total AS MATERIALIZED (SELECT count(*) AS rows FROM batch) UPDATE segue.extent",
  );
  expect(needs(work)).toBe(`CASE WHEN true THEN ${wanted} ELSE false END`);
});

test("rows that there may be nothing for are told by what is empty, or has its sources", () => {
  expect(blockBatch(work, { from: 0, to: 8, stripe: [1], by: "empty" }, null)).toContain(
    "WHERE pruned.rows >= 0)) AND CASE WHEN true THEN (segue_row.handle IS NULL) ELSE false END",
  );
  const sourced = "segue_row.handle IS NULL AND segue_row.name IS NOT NULL";
  expect(needs({ ...work, step: { ...work.step, sourced } }, { by: "sourced" })).toContain(`THEN (${sourced}) ELSE`);
  expect(needs(work, { by: "sourced" })).toBe(needs(work));
});

test("what the server is asked to plan before the first batch is the change itself", () => {
  expect(plannable(work, [])).toMatch(/^WITH batch AS \(UPDATE ONLY public."Users" AS segue_row SET handle/);
  expect(plannable(work, ["id"])).toMatch(/^WITH page AS .* batch AS \(UPDATE ONLY public."Users"/s);
});

test("one row by its place, and by its key in whatever leaf it is", () => {
  expect(rowBatch({ ...work, aside: ['{"id": 1}'] }, "(4,2)")).toContain(
    `UPDATE ONLY public."Users" AS segue_row SET handle = lower(segue_row.name) WHERE segue_row.ctid = '(4,2)'::tid AND CASE WHEN true THEN`,
  );
  expect(keyedRowBatch(work, '{"id": 1}')).toContain(
    'UPDATE public."Users" AS segue_row SET handle = lower(segue_row.name) WHERE (segue_row.id) = ' +
      `(SELECT given.id FROM jsonb_populate_record(NULL::public."Users", '{"id": 1}'::jsonb) AS given) AND`,
  );
});

test("a batch by key finds its own upper edge", () => {
  expect(keyBatch(work, ["b", "A"], '{"A": 1, "b": 2}', 500)).toBe(
    "SELECT segue.fence(7, 3), segue.hold(11, 'w#1');\n" +
      `${before}SET CONSTRAINTS ALL IMMEDIATE;\n` +
      'WITH page AS MATERIALIZED (SELECT segue_row.b, segue_row."A" FROM ONLY public."Users" AS segue_row ' +
      'WHERE (segue_row.b, segue_row."A") > (SELECT given.b, given."A" FROM ' +
      `jsonb_populate_record(NULL::public."Users", '{"A": 1, "b": 2}'::jsonb) AS given) ` +
      'ORDER BY segue_row.b, segue_row."A" LIMIT 500), ' +
      'edge AS MATERIALIZED (SELECT * FROM page ORDER BY b DESC, "A" DESC LIMIT 1), ' +
      'batch AS (UPDATE ONLY public."Users" AS segue_row SET handle = lower(segue_row.name) ' +
      'WHERE (segue_row.b, segue_row."A") > (SELECT given.b, given."A" FROM ' +
      `jsonb_populate_record(NULL::public."Users", '{"A": 1, "b": 2}'::jsonb) AS given) ` +
      'AND (segue_row.b, segue_row."A") <= (SELECT b, "A" FROM edge) ' +
      `AND CASE WHEN true THEN ${wanted} ELSE false END RETURNING 1), ` +
      "total AS MATERIALIZED (SELECT count(*) AS rows FROM batch) " +
      "UPDATE segue.extent SET cursor_key = coalesce((SELECT to_jsonb(edge) FROM edge), cursor_key), window_blocks = 500, " +
      `${returning}, (SELECT count(*) FROM page) AS seen, cursor_key::text AS cursor`,
  );
});
