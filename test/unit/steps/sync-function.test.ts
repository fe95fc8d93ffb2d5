import { beforeAll, describe, expect, test } from "vitest";
import { loadParser } from "../../../src/sql/parser.ts";
import {
  insertCondition,
  syncBody,
  syncFunction,
  type SyncMode,
  updateCondition,
} from "../../../src/steps/sync-function.ts";
import { resolveSync, type SyncFields } from "../../../src/steps/sync-pairs.ts";
import type { Table } from "../../../src/model/catalog.ts";
import { columnOf, constraintOf, tableOf } from "./carry-catalog.ts";

beforeAll(loadParser);

const USERS = tableOf("users", {
  columns: [
    columnOf("id", "bigint", { notNull: true }),
    columnOf("full_name", "text"),
    columnOf("first_name", "text"),
    columnOf("last_name", "text"),
    columnOf("username", "text"),
    columnOf("handle", "text"),
    columnOf("customer", "integer"),
    columnOf("customer2", "bigint"),
    columnOf("amount", "text"),
    columnOf("cents", "bigint"),
    columnOf("shape", "public.pair"),
    columnOf("form", "public.pair"),
    columnOf("select", "text"),
    columnOf('Größe "x"', "text"),
  ],
  constraints: [constraintOf("primary key", "users_pkey", "PRIMARY KEY (id)", ["id"])],
});

const body = (
  fields: Omit<SyncFields, "table">,
  mode: SyncMode,
  names = new Map<string, string>(),
  table: Table = USERS,
) =>
  syncBody({
    sync: resolveSync({ table: "users", ...fields }, table),
    name: { schema: "segue", name: "sync_users" },
    plan: "1_o'clock",
    mode,
    names,
  });
const identity = { forward: { handle: "username" }, reverse: { username: "handle" } };

describe("a pair of columns that are copies of each other", () => {
  test("heals until ready", () => {
    expect(body(identity, "healing")).toMatchInlineSnapshot(`
      "
      #variable_conflict use_column
      BEGIN
        IF TG_OP = 'INSERT' THEN
          IF NEW.handle IS NULL THEN
            NEW.handle := (NEW.username)::text;
          ELSE
            NEW.username := (NEW.handle)::text;
          END IF;
        ELSIF ROW(NEW.username)::record *<> ROW(OLD.username)::record AND (NOT (coalesce(current_setting('segue.fill', true), '') <> 'on' OR pg_trigger_depth() > 1) OR NOT ROW(NEW.handle)::record *<> ROW(OLD.handle)::record) THEN
          NEW.handle := (NEW.username)::text;
        ELSIF ROW(NEW.handle)::record *<> ROW(OLD.handle)::record THEN
          IF ROW(NEW.username)::record *<> ROW(OLD.username)::record THEN
            PERFORM segue.witness('1_o''clock', 'public', 'users', 'both_changed');
          END IF;
          NEW.username := (NEW.handle)::text;
        ELSIF NEW.handle IS NULL THEN
          NEW.handle := (NEW.username)::text;
        END IF;
        RETURN NEW;
      END
      "
    `);
  });
  test("afterwards does not", () => {
    expect(body(identity, "both")).toMatchInlineSnapshot(`
      "
      #variable_conflict use_column
      BEGIN
        IF TG_OP = 'INSERT' THEN
          IF NEW.handle IS NULL THEN
            NEW.handle := (NEW.username)::text;
          ELSE
            NEW.username := (NEW.handle)::text;
          END IF;
        ELSIF ROW(NEW.username)::record *<> ROW(OLD.username)::record AND (NOT (coalesce(current_setting('segue.fill', true), '') <> 'on' OR pg_trigger_depth() > 1) OR NOT ROW(NEW.handle)::record *<> ROW(OLD.handle)::record) THEN
          NEW.handle := (NEW.username)::text;
        ELSIF ROW(NEW.handle)::record *<> ROW(OLD.handle)::record THEN
          IF ROW(NEW.username)::record *<> ROW(OLD.username)::record THEN
            PERFORM segue.witness('1_o''clock', 'public', 'users', 'both_changed');
          END IF;
          NEW.username := (NEW.handle)::text;
        END IF;
        RETURN NEW;
      END
      "
    `);
  });
  test("after the cut-over derives the hidden column only", () => {
    expect(body(identity, "reverse", new Map([["username", "segue_old_username_1"]]))).toMatchInlineSnapshot(`
      "
      #variable_conflict use_column
      BEGIN
        IF TG_OP = 'INSERT' OR ROW(NEW.handle)::record *<> ROW(OLD.handle)::record THEN
          NEW.segue_old_username_1 := (NEW.handle)::text;
        END IF;
        RETURN NEW;
      END
      "
    `);
  });
  test("of a composite type counts as empty only if it is NULL as a whole", () => {
    expect(body({ forward: { form: "shape" } }, "healing")).toMatchInlineSnapshot(`
      "
      #variable_conflict use_column
      BEGIN
        IF TG_OP = 'INSERT' THEN
          IF NEW.form IS NOT DISTINCT FROM NULL THEN
            NEW.form := (NEW.shape)::public.pair;
          ELSE
            NULL;
          END IF;
        ELSIF ROW(NEW.shape)::record *<> ROW(OLD.shape)::record AND (NOT (coalesce(current_setting('segue.fill', true), '') <> 'on' OR pg_trigger_depth() > 1) OR NOT ROW(NEW.form)::record *<> ROW(OLD.form)::record) THEN
          NEW.form := (NEW.shape)::public.pair;
        ELSIF ROW(NEW.form)::record *<> ROW(OLD.form)::record THEN
          NULL;
        ELSIF NEW.form IS NOT DISTINCT FROM NULL THEN
          NEW.form := (NEW.shape)::public.pair;
        END IF;
        RETURN NEW;
      END
      "
    `);
  });
  test("keeps odd names whole", () => {
    expect(body({ forward: { 'Größe "x"': '"select"' }, reverse: { select: '"Größe ""x"""' } }, "both"))
      .toMatchInlineSnapshot(`
      "
      #variable_conflict use_column
      BEGIN
        IF TG_OP = 'INSERT' THEN
          IF NEW."Größe ""x""" IS NULL THEN
            NEW."Größe ""x""" := (NEW."select")::text;
          ELSE
            NEW."select" := (NEW."Größe ""x""")::text;
          END IF;
        ELSIF ROW(NEW."select")::record *<> ROW(OLD."select")::record AND (NOT (coalesce(current_setting('segue.fill', true), '') <> 'on' OR pg_trigger_depth() > 1) OR NOT ROW(NEW."Größe ""x""")::record *<> ROW(OLD."Größe ""x""")::record) THEN
          NEW."Größe ""x""" := (NEW."select")::text;
        ELSIF ROW(NEW."Größe ""x""")::record *<> ROW(OLD."Größe ""x""")::record THEN
          IF ROW(NEW."select")::record *<> ROW(OLD."select")::record THEN
            PERFORM segue.witness('1_o''clock', 'public', 'users', 'both_changed');
          END IF;
          NEW."select" := (NEW."Größe ""x""")::text;
        END IF;
        RETURN NEW;
      END
      "
    `);
  });
});

describe("a split", () => {
  const split = {
    forward: {
      first_name: "split_part(full_name, ' ', 1)",
      last_name: "nullif(substr(full_name, length(split_part(full_name, ' ', 1)) + 2), '')",
    },
    reverse: { full_name: "concat_ws(' ', first_name, last_name)" },
  };
  test("decides the direction for all its columns at once, and keeps both sides where they agree", () => {
    expect(body(split, "healing")).toMatchInlineSnapshot(`
      "
      #variable_conflict use_column
      BEGIN
        IF TG_OP = 'INSERT' THEN
          IF NEW.first_name IS NULL AND NEW.last_name IS NULL THEN
            NEW.first_name := (split_part(NEW.full_name, ' ', 1))::text;
            NEW.last_name := (nullif(substr(NEW.full_name, length(split_part(NEW.full_name, ' ', 1)) + 2), ''))::text;
          ELSE
            IF ROW(NEW.first_name, NEW.last_name)::record *<> ROW((split_part(NEW.full_name, ' ', 1))::text, (nullif(substr(NEW.full_name, length(split_part(NEW.full_name, ' ', 1)) + 2), ''))::text)::record THEN
              NEW.full_name := (concat_ws(' ', NEW.first_name, NEW.last_name))::text;
            END IF;
          END IF;
        ELSIF ROW(NEW.full_name)::record *<> ROW(OLD.full_name)::record AND (NOT (coalesce(current_setting('segue.fill', true), '') <> 'on' OR pg_trigger_depth() > 1) OR NOT ROW(NEW.first_name, NEW.last_name)::record *<> ROW(OLD.first_name, OLD.last_name)::record) THEN
          NEW.first_name := (split_part(NEW.full_name, ' ', 1))::text;
          NEW.last_name := (nullif(substr(NEW.full_name, length(split_part(NEW.full_name, ' ', 1)) + 2), ''))::text;
        ELSIF ROW(NEW.first_name, NEW.last_name)::record *<> ROW(OLD.first_name, OLD.last_name)::record THEN
          IF ROW(NEW.full_name)::record *<> ROW(OLD.full_name)::record THEN
            PERFORM segue.witness('1_o''clock', 'public', 'users', 'both_changed');
          END IF;
          NEW.full_name := (concat_ws(' ', NEW.first_name, NEW.last_name))::text;
        ELSIF NEW.first_name IS NULL AND NEW.last_name IS NULL THEN
          NEW.first_name := (split_part(NEW.full_name, ' ', 1))::text;
          NEW.last_name := (nullif(substr(NEW.full_name, length(split_part(NEW.full_name, ' ', 1)) + 2), ''))::text;
        END IF;
        RETURN NEW;
      END
      "
    `);
  });
  test("needs nothing after the cut-over but the hidden side", () => {
    expect(body(split, "reverse", new Map([["full_name", "segue_old_full_name_1"]]))).toMatchInlineSnapshot(`
      "
      #variable_conflict use_column
      BEGIN
        IF TG_OP = 'INSERT' OR ROW(NEW.first_name, NEW.last_name)::record *<> ROW(OLD.first_name, OLD.last_name)::record THEN
          NEW.segue_old_full_name_1 := (concat_ws(' ', NEW.first_name, NEW.last_name))::text;
        END IF;
        RETURN NEW;
      END
      "
    `);
  });
});

test("an integer that may be too large is compared, not caught: a guarded block costs a subtransaction", () => {
  const widened = { forward: { customer2: "customer" }, reverse: { customer: "customer2" } };
  expect(body(widened, "both")).toMatchInlineSnapshot(`
    "
    #variable_conflict use_column
    BEGIN
      IF TG_OP = 'INSERT' THEN
        IF NEW.customer2 IS NULL THEN
          NEW.customer2 := (NEW.customer)::bigint;
        ELSE
          IF ROW(NEW.customer2)::record *<> ROW((NEW.customer)::bigint)::record THEN
            NEW.customer := CASE WHEN NEW.customer2 BETWEEN -2147483648 AND 2147483647 THEN NEW.customer2::integer END;
          END IF;
        END IF;
      ELSIF ROW(NEW.customer)::record *<> ROW(OLD.customer)::record AND (NOT (coalesce(current_setting('segue.fill', true), '') <> 'on' OR pg_trigger_depth() > 1) OR NOT ROW(NEW.customer2)::record *<> ROW(OLD.customer2)::record) THEN
        NEW.customer2 := (NEW.customer)::bigint;
      ELSIF ROW(NEW.customer2)::record *<> ROW(OLD.customer2)::record THEN
        IF ROW(NEW.customer)::record *<> ROW(OLD.customer)::record THEN
          PERFORM segue.witness('1_o''clock', 'public', 'users', 'both_changed');
        END IF;
        NEW.customer := CASE WHEN NEW.customer2 BETWEEN -2147483648 AND 2147483647 THEN NEW.customer2::integer END;
      END IF;
      RETURN NEW;
    END
    "
  `);
  expect(
    body(
      widened,
      "reverse",
      new Map([
        ["customer", "segue_old_customer_1"],
        ["customer2", "customer"],
      ]),
    ),
  ).toMatchInlineSnapshot(`
    "
    #variable_conflict use_column
    BEGIN
      IF TG_OP = 'INSERT' OR ROW(NEW.customer)::record *<> ROW(OLD.customer)::record THEN
        NEW.segue_old_customer_1 := CASE WHEN NEW.customer BETWEEN -2147483648 AND 2147483647 THEN NEW.customer::integer END;
      END IF;
      RETURN NEW;
    END
    "
  `);
});

test("what can raise is guarded: forward quarantines the row, reverse is counted", () => {
  const cents = {
    forward: { cents: "(amount::numeric * 100)::bigint" },
    reverse: { amount: "(cents / 100.0)::numeric(20, 2)::text" },
  };
  expect(body(cents, "both")).toMatchInlineSnapshot(`
    "
    #variable_conflict use_column
    BEGIN
      IF TG_OP = 'INSERT' THEN
        IF NEW.cents IS NULL THEN
          BEGIN
            NEW.cents := ((NEW.amount::numeric * 100)::bigint)::bigint;
          EXCEPTION WHEN OTHERS THEN
            IF left(SQLSTATE, 2) IN ('40', '53', '55', '57', '58', 'XX') THEN RAISE; END IF;
            NEW.cents := NULL;
            PERFORM segue.quarantine('1_o''clock', 'public', 'users', jsonb_build_object('id', NEW.id), SQLERRM, SQLSTATE);
          END;
        ELSE
          DECLARE
            agrees boolean := false;
          BEGIN
            IF NEW.amount IS NOT NULL THEN
              BEGIN
                agrees := ROW(NEW.cents)::record *= ROW(((NEW.amount::numeric * 100)::bigint)::bigint)::record;
              EXCEPTION WHEN OTHERS THEN
                IF left(SQLSTATE, 2) IN ('40', '53', '55', '57', '58', 'XX') THEN RAISE; END IF;
              END;
            END IF;
            IF NOT agrees THEN
              BEGIN
                NEW.amount := ((NEW.cents / 100.0)::numeric(20, 2)::text)::text;
              EXCEPTION WHEN OTHERS THEN
                IF left(SQLSTATE, 2) IN ('40', '53', '55', '57', '58', 'XX') THEN RAISE; END IF;
                NEW.amount := NULL;
                PERFORM segue.witness('1_o''clock', 'public', 'users', 'unrepresentable');
              END;
            END IF;
          END;
        END IF;
      ELSIF ROW(NEW.amount)::record *<> ROW(OLD.amount)::record AND (NOT (coalesce(current_setting('segue.fill', true), '') <> 'on' OR pg_trigger_depth() > 1) OR NOT ROW(NEW.cents)::record *<> ROW(OLD.cents)::record) THEN
        BEGIN
          NEW.cents := ((NEW.amount::numeric * 100)::bigint)::bigint;
        EXCEPTION WHEN OTHERS THEN
          IF left(SQLSTATE, 2) IN ('40', '53', '55', '57', '58', 'XX') THEN RAISE; END IF;
          NEW.cents := NULL;
          PERFORM segue.quarantine('1_o''clock', 'public', 'users', jsonb_build_object('id', NEW.id), SQLERRM, SQLSTATE);
        END;
      ELSIF ROW(NEW.cents)::record *<> ROW(OLD.cents)::record THEN
        IF ROW(NEW.amount)::record *<> ROW(OLD.amount)::record THEN
          PERFORM segue.witness('1_o''clock', 'public', 'users', 'both_changed');
        END IF;
        BEGIN
          NEW.amount := ((NEW.cents / 100.0)::numeric(20, 2)::text)::text;
        EXCEPTION WHEN OTHERS THEN
          IF left(SQLSTATE, 2) IN ('40', '53', '55', '57', '58', 'XX') THEN RAISE; END IF;
          NEW.amount := NULL;
          PERFORM segue.witness('1_o''clock', 'public', 'users', 'unrepresentable');
        END;
      END IF;
      RETURN NEW;
    END
    "
  `);
});

test("the quarantine finds a row by its key, by whatever name the key has then", () => {
  const fields = { ...identity, fill: { cents: "amount::bigint" } };
  const names = new Map([
    ["id", "segue_old_id_1"],
    ["cents", "segue_old_cents_1"],
  ]);
  expect(body(fields, "reverse", names)).toContain("jsonb_build_object('id', NEW.segue_old_id_1)");
  names.set("segue_new_id_1", "id");
  expect(body(fields, "reverse", names)).toContain("jsonb_build_object('id', NEW.id)");
  const keyless = tableOf("users", { columns: USERS.columns });
  expect(body(fields, "both", new Map(), keyless)).toContain("jsonb_build_object('row', md5(NEW::text))");
});

test("a fill gives a value to what a write leaves NULL, and after the cut-over only to what is hidden", () => {
  const fields = { fill: { handle: "'nobody'", customer: "0" } };
  expect(body(fields, "both")).toMatchInlineSnapshot(`
    "
    #variable_conflict use_column
    BEGIN
      IF NEW.handle IS NULL THEN
        NEW.handle := ('nobody')::text;
      END IF;
      IF NEW.customer IS NULL THEN
        NEW.customer := (0)::integer;
      END IF;
      RETURN NEW;
    END
    "
  `);
  expect(body(fields, "reverse")).toBe("\n#variable_conflict use_column\nBEGIN\n  RETURN NEW;\nEND\n");
});

test("beside another pair, a filling session derives no old side", () => {
  const two = {
    forward: { ...identity.forward, customer2: "customer" },
    reverse: { ...identity.reverse, customer: "customer2" },
  };
  const text = body(two, "both");
  expect(text.match(/NEW\.handle\)::record \*<> ROW\(OLD\.handle\)::record AND \(coalesce/)).not.toBeNull();
  expect(body(identity, "both")).not.toMatch(
    /ELSIF ROW\(NEW\.handle\)::record \*<> ROW\(OLD\.handle\)::record AND \(coalesce/,
  );
});

test("the function pins its search_path and quotes its body", () => {
  const sync = resolveSync({ table: "users", ...identity }, { ...USERS, schema: "Sales" });
  const text = {
    sync,
    name: { schema: "segue", name: "sync_users_1" },
    plan: "$segue$",
    mode: "both" as const,
    names: new Map(),
  };
  expect(syncFunction(text).replace(syncBody(text), "…")).toMatchInlineSnapshot(
    `"CREATE OR REPLACE FUNCTION segue.sync_users_1() RETURNS trigger LANGUAGE plpgsql SET search_path = "Sales", public, pg_temp AS $segue1$…$segue1$"`,
  );
});

describe("the WHEN clauses", () => {
  test("an insert always needs the function, but in a filling session", () => {
    expect(insertCondition()).toBe(
      "coalesce(current_setting('segue.fill', true), '') <> 'on' OR pg_trigger_depth() > 0",
    );
  });
  test("an update needs it if it changed what the sync reads or writes, or leaves something empty", () => {
    expect(
      updateCondition(resolveSync({ table: "users", ...identity, fill: { cents: "0" } }, USERS)),
    ).toMatchInlineSnapshot(
      `"ROW(NEW.username)::record *<> ROW(OLD.username)::record OR (coalesce(current_setting('segue.fill', true), '') <> 'on' OR pg_trigger_depth() > 0) AND (ROW(NEW.handle)::record *<> ROW(OLD.handle)::record OR (NEW.handle IS NULL) OR (NEW.cents IS NULL))"`,
    );
  });
  test("an update of a fill's column needs it if that is left empty", () => {
    expect(updateCondition(resolveSync({ table: "users", fill: { cents: "0" } }, USERS))).toBe(
      "(coalesce(current_setting('segue.fill', true), '') <> 'on' OR pg_trigger_depth() > 0) AND ((NEW.cents IS NULL))",
    );
  });
});
