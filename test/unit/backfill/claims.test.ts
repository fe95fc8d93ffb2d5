import { expect, test } from "vitest";
import { fenced, held } from "../../../src/backfill/fence.ts";
import { claimQuery } from "../../../src/backfill/claims.ts";
import { EXTENT_COLUMNS, partsOf } from "../../../src/backfill/extents.ts";

const free =
  "(c.owner IS NULL OR c.epoch IS DISTINCT FROM 3 OR c.updated_at < clock_timestamp() - interval '15000 ms' " +
  "OR NOT EXISTS (SELECT FROM pg_stat_activity AS a WHERE a.pid = c.owner_pid))";
const claim =
  "UPDATE segue.extent AS e SET owner = 'segue/7/3#42', owner_pid = pg_backend_pid(), epoch = 3, state = 'running', " +
  "started_at = coalesce(e.started_at, clock_timestamp()), updated_at = clock_timestamp() WHERE e.id = (SELECT c.id FROM segue.extent AS c " +
  "WHERE c.rollout = 7 AND c.step = 'backfill.1.fill' AND c.state <> 'done' AND ";

test("a claim takes the first extent that is nobody's or a dead holder's, and passes over one that is locked", () => {
  expect(claimQuery({ rollout: "7", epoch: 3 }, "backfill.1.fill", "segue/7/3#42")).toBe(
    `${claim}${free} ORDER BY c.id LIMIT 1 FOR UPDATE SKIP LOCKED) RETURNING ${EXTENT_COLUMNS}`,
  );
});

test("a claim leaves out what is not wanted", () => {
  expect(claimQuery({ rollout: "7", epoch: 3 }, "backfill.1.fill", "segue/7/3#42", ["4", "5"])).toBe(
    `${claim}c.id <> ALL ('{4,5}'::bigint[]) AND ${free} ORDER BY c.id LIMIT 1 FOR UPDATE SKIP LOCKED) RETURNING ${EXTENT_COLUMNS}`,
  );
});

test("what a worker sends is fenced by the epoch and its claim, and beside the runner by the state too", () => {
  const work = { extent: "11", owner: "w'1" };
  expect(held({ rollout: "7", epoch: 3 }, work, "SELECT 1")).toBe(
    "SELECT segue.fence(7, 3), segue.hold(11, 'w''1');\nSELECT 1",
  );
  expect(held({ rollout: "7", epoch: 3, joined: true }, work, "SELECT 1")).toBe(
    "SELECT segue.fence(7, 3, 'backfilling'), segue.hold(11, 'w''1');\nSELECT 1",
  );
  expect(fenced({ rollout: "7", epoch: 3, joined: true }, "SELECT 1")).toBe(
    "SELECT segue.fence(7, 3, 'backfilling');\nSELECT 1",
  );
});

test("a leaf is cut into parts of 64 MiB at least, and never into more than 1024", () => {
  const parts = (blocks: number, method: "stripe" | "key" = "stripe") => partsOf({ method, blocks });
  expect([0, 1, 16_383, 16_384, 40_960, 1e9].map((blocks) => parts(blocks))).toEqual([1, 1, 1, 2, 5, 1_024]);
  expect(parts(40_960, "key")).toBe(1);
});
