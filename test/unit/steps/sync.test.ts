import { createHash } from "node:crypto";
import { beforeAll, describe, expect, test } from "vitest";
import type { Phase } from "../../../src/model/phase.ts";
import { byteLength } from "../../../src/sql/identifier.ts";
import { loadParser } from "../../../src/sql/parser.ts";
import { dropSyncEntry, sync, syncNames } from "../../../src/steps/sync.ts";
import type { SyncFields } from "../../../src/steps/sync-pairs.ts";
import { catalogOf, columnOf, tableOf } from "./carry-catalog.ts";
import { statementsOf } from "./execute-drafts.ts";
import { lowerContext } from "./lower-context.ts";

beforeAll(loadParser);

const PEOPLE = tableOf("people", {
  columns: [
    columnOf("id", "bigint"),
    columnOf("full_name", "text", { notNull: true }),
    columnOf("first_name", "text"),
    columnOf("username", "text", { notNull: true }),
    columnOf("handle", "text"),
  ],
});
const RENAME = { table: "people", forward: { handle: "username" }, reverse: { username: "handle" } };
const SPLIT = {
  table: "people",
  forward: { first_name: "full_name || '.'" },
  reverse: { full_name: "first_name || '?'" },
};

const lower = (
  fields: SyncFields,
  contract: readonly (readonly [Phase, string, Record<string, unknown>])[] = [],
  table = PEOPLE,
) => sync.lower(fields, lowerContext(catalogOf(18, table), "expand", [["expand", "sync", { ...fields }], ...contract]));
const replace = ["contract", "replace_column", { table: "people", column: "username", by: "handle" }] as const;
/** Statements with the bodies of functions left out. */
const short = (steps: Parameters<typeof statementsOf>[0]) =>
  statementsOf(steps).map((list) =>
    typeof list === "string" ? list : list.map((sql) => sql.replace(/AS \$segue\$[^]*/, "AS …")),
  );

describe("a sync of columns that the contract hides", () => {
  const hidden = () => lower(RENAME, [replace]);
  test("goes live in one transaction that proves its expressions", () => {
    const lowered = hidden();
    expect(short(lowered.expand ?? [])).toMatchInlineSnapshot(`
      [
        [
          "CREATE OR REPLACE FUNCTION segue.sync_people_137f24a9() RETURNS trigger LANGUAGE plpgsql SET search_path = public, pg_temp AS …",
          "CREATE TRIGGER zzz_segue_sync_people_bfdd7a81 BEFORE INSERT OR UPDATE ON public.people FOR EACH ROW EXECUTE FUNCTION segue.sync_people_137f24a9()",
          "EXPLAIN SELECT FROM public.people AS segue_row WHERE ROW((segue_row.username)::text, (segue_row.handle)::text) IS NULL",
        ],
      ]
    `);
    expect(short(lowered.expand?.[0]?.undo ?? [])).toMatchInlineSnapshot(`
      [
        [
          "DROP TRIGGER IF EXISTS zzz_segue_sync_people_bfdd7a81 ON public.people",
          "DROP FUNCTION IF EXISTS segue.sync_people_137f24a9()",
        ],
      ]
    `);
  });
  test("ends its healing at ready, without a lock on the table", () => {
    const lowered = hidden();
    expect(short(lowered.ready ?? [])).toMatchInlineSnapshot(`
      [
        [
          "CREATE OR REPLACE FUNCTION segue.sync_people_137f24a9() RETURNS trigger LANGUAGE plpgsql SET search_path = public, pg_temp AS …",
        ],
      ]
    `);
    expect(lowered.ready).toMatchObject([{ table: null, locks: [], undo: [] }]);
  });
  test("flips at the cut-over and flips back", () => {
    const lowered = hidden();
    const [flip] = lowered.cutover ?? [];
    expect(statementsOf([flip!])[0]?.[0]).toContain(`NEW.segue_old_username_`);
    expect(statementsOf([flip!])[0]?.[0]).not.toContain("NEW.handle :=");
    expect(statementsOf(flip!.undo)).toEqual(statementsOf(lowered.ready ?? []));
  });
  test("goes with the columns, at the drop", () => {
    const lowered = hidden();
    expect(short(lowered.drop ?? [])).toEqual(short(lowered.expand?.[0]?.undo ?? []));
  });
  test("is watched by the sources of its three times of life", () => {
    const lowered = hidden();
    const sources = [...(lowered.expand ?? []), ...(lowered.ready ?? []), ...(lowered.cutover ?? [])].map((draft) => {
      const body = /\$segue\$([^]*)\$segue\$/.exec(String(statementsOf([draft])[0]?.[0]))?.[1] ?? "";
      return createHash("md5").update(body).digest("hex");
    });
    expect(new Set(sources).size).toBe(3);
    expect(lowered.watches).toEqual([
      {
        table: { schema: "public", name: "people" },
        triggers: Object.values(syncNames(PEOPLE, "1_test")).slice(1),
        function: syncNames(PEOPLE, "1_test").function,
        sources,
      },
    ]);
  });
});

test("a sync that hides nothing ends at the cut-over, and comes back with the reversal of that", () => {
  const fields = { table: "people", fill: { handle: "'nobody'" } };
  const lowered = lower(fields, [["contract", "drop_sync", { table: "people" }]]);
  expect(lowered.ready).toEqual([]);
  expect(lowered.drop).toBeUndefined();
  expect(short(lowered.cutover ?? [])).toEqual(short(lowered.expand?.[0]?.undo ?? []));
  expect(short(lowered.cutover?.[0]?.undo ?? [])[0]).toEqual(short(lowered.expand ?? [])[0]?.slice(0, 2));
  const entry = lowerContext(catalogOf(18, PEOPLE), "contract", [["expand", "sync", { ...fields }]]);
  expect(dropSyncEntry.lower({ table: "people" }, entry)).toEqual({});
  expect(() => dropSyncEntry.lower({ table: "orders" }, entry)).toThrow(
    "drop_sync: the plan has no sync of public.orders",
  );
});

test("what a new writer may leave without a value stops being required, and is asked for at a reversal", () => {
  const lowered = lower(SPLIT, [["contract", "drop_column", { table: "people", column: "full_name" }]]);
  expect(short(lowered.expand ?? [])[0]).toContain("ALTER TABLE public.people ALTER COLUMN full_name DROP NOT NULL");
  expect(short(lowered.expand?.[0]?.undo ?? [])).toMatchInlineSnapshot(`
    [
      [
        "DROP TRIGGER IF EXISTS zzz_segue_sync_people_bfdd7a81 ON public.people",
        "DROP FUNCTION IF EXISTS segue.sync_people_137f24a9()",
      ],
      [
        "ALTER TABLE public.people DROP CONSTRAINT IF EXISTS segue_not_null_full_name_01d845a1",
        "ALTER TABLE public.people ADD CONSTRAINT segue_not_null_full_name_01d845a1 CHECK (full_name IS NOT NULL) NOT VALID",
      ],
      [
        "ALTER TABLE public.people VALIDATE CONSTRAINT segue_not_null_full_name_01d845a1",
      ],
      [
        "ALTER TABLE public.people ALTER COLUMN full_name SET NOT NULL",
        "ALTER TABLE public.people DROP CONSTRAINT segue_not_null_full_name_01d845a1",
      ],
    ]
  `);
  expect(lowered.losses).toMatchInlineSnapshot(`
    [
      {
        "count": "SELECT count(*) FROM public.people AS segue_row WHERE segue_row.full_name IS NULL",
        "fillable": {
          "column": "full_name",
          "table": {
            "name": "people",
            "schema": "public",
          },
        },
        "flag": "--keep-nullable",
        "hidden": {
          "count": "SELECT count(*) FROM public.people AS segue_row WHERE segue_row.segue_old_full_name_41344035 IS NULL",
          "sample": "SELECT segue_row.ctid::text FROM public.people AS segue_row WHERE segue_row.segue_old_full_name_41344035 IS NULL LIMIT 5",
        },
        "sample": "SELECT segue_row.ctid::text FROM public.people AS segue_row WHERE segue_row.full_name IS NULL LIMIT 5",
        "what": "public.people.full_name becomes NOT NULL again, and some rows have no value for it",
      },
    ]
  `);
  expect(lower(RENAME, [replace]).losses).toEqual([]);
});

test("a column that is on its way out may lack its fill in rows that stood before", () => {
  const fields = { table: "people", fill: { username: "''", handle: "''" } };
  const dropped = ["contract", "drop_column", { table: "people", column: "username" }] as const;
  expect(lower(fields, [dropped]).verify?.map((v) => v.mismatch)).toEqual([
    "((segue_row.handle IS NULL AND ('') IS NOT NULL))",
  ]);
  expect(lower({ table: "people", fill: { username: "''" } }, [dropped]).verify).toEqual([]);
});

test("a subscribed table's trigger fires for the apply worker too", () => {
  const [expand] = short(lower(RENAME, [], { ...PEOPLE, subscribed: true }).expand ?? []);
  expect(expand?.[2]).toMatch(/^ALTER TABLE public\.people ENABLE ALWAYS TRIGGER zzz_segue_sync_people_[0-9a-f]{8}$/);
});

test("a trigger of the application that fires behind the sync is told of", () => {
  const trigger = {
    name: "ähnlich",
    definition: "",
    function: "f",
    timing: "before" as const,
    row: true,
    events: ["update" as const],
    enabled: "origin" as const,
    columns: [],
    inherited: false,
  };
  const triggers = [trigger, { ...trigger, name: "zzz_a" }, { ...trigger, name: "ö", timing: "after" as const }];
  expect(lower(RENAME, [], { ...PEOPLE, triggers }).warnings).toEqual([
    "trigger ähnlich of public.people fires after the sync: what it changes is not carried over, and shows in the verification",
  ]);
});

test("names fit into 63 bytes, and differ between plans and tables", () => {
  const odd = { schema: "public", name: `"${"ü".repeat(30)}` };
  const all = [odd, { ...odd, schema: "other" }, { schema: "public", name: "users" }].flatMap((table) =>
    ["1_a", "1_b"].flatMap((plan) => {
      const names = syncNames(table, plan);
      return [names.function.name, names.trigger];
    }),
  );
  expect(new Set(all).size).toBe(all.length);
  for (const name of all) expect(byteLength(name), name).toBeLessThanOrEqual(63);
});

test("inheritance children, partitions and views are refused", () => {
  expect(() => lower(RENAME, [], { ...PEOPLE, inheritanceChildren: [{ schema: "public", name: "child" }] })).toThrow(
    "public.people has inheritance children, whose rows a trigger on the parent does not see",
  );
  expect(() => lower(RENAME, [], { ...PEOPLE, kind: "partition" })).toThrow(
    "public.people is a partition: name its parent in the plan",
  );
  expect(() => lower(RENAME, [], { ...PEOPLE, kind: "view" })).toThrow("public.people is a view, not a table");
  expect(() => lower(RENAME, [], { ...PEOPLE, persistence: "temporary" })).toThrow(
    "public.people is a temporary table",
  );
});
