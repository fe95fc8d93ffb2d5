import { beforeAll, describe, expect, test } from "vitest";
import { loadParser } from "../../../src/sql/parser.ts";
import { syncBody, syncFunction, type SyncMode } from "../../../src/steps/sync-function.ts";
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
        IF (CASE TG_OP
          WHEN 'INSERT' THEN NEW.handle IS NULL AND (pg_catalog.current_setting('segue.filling', true) IS DISTINCT FROM '1_o''clock' OR pg_catalog.pg_trigger_depth() > 1)
          ELSE (NEW.username IS DISTINCT FROM OLD.username) AND (NOT (NEW.handle IS DISTINCT FROM OLD.handle) OR NOT (pg_catalog.current_setting('segue.filling', true) IS DISTINCT FROM '1_o''clock' OR pg_catalog.pg_trigger_depth() > 1))
            OR NEW.handle IS NULL AND (pg_catalog.current_setting('segue.filling', true) IS DISTINCT FROM '1_o''clock' OR pg_catalog.pg_trigger_depth() > 1) AND NOT (NEW.handle IS DISTINCT FROM OLD.handle)
        END) THEN
          NEW.handle := (NEW.username)::pg_catalog.text;
        ELSIF (TG_OP = 'INSERT' OR (NEW.handle IS DISTINCT FROM OLD.handle)) AND (pg_catalog.current_setting('segue.filling', true) IS DISTINCT FROM '1_o''clock' OR pg_catalog.pg_trigger_depth() > 1) THEN
          IF TG_OP = 'INSERT' THEN
            NEW.username := (NEW.handle)::pg_catalog.text;
          ELSE
            IF (NEW.username IS DISTINCT FROM OLD.username) THEN
              PERFORM segue.witness('1_o''clock', 'public', 'users', 'both_changed');
            END IF;
            NEW.username := (NEW.handle)::pg_catalog.text;
          END IF;
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
        IF (CASE TG_OP
          WHEN 'INSERT' THEN NEW.handle IS NULL AND (pg_catalog.current_setting('segue.filling', true) IS DISTINCT FROM '1_o''clock' OR pg_catalog.pg_trigger_depth() > 1)
          ELSE (NEW.username IS DISTINCT FROM OLD.username) AND (NOT (NEW.handle IS DISTINCT FROM OLD.handle) OR NOT (pg_catalog.current_setting('segue.filling', true) IS DISTINCT FROM '1_o''clock' OR pg_catalog.pg_trigger_depth() > 1))
        END) THEN
          NEW.handle := (NEW.username)::pg_catalog.text;
        ELSIF (TG_OP = 'INSERT' OR (NEW.handle IS DISTINCT FROM OLD.handle)) AND (pg_catalog.current_setting('segue.filling', true) IS DISTINCT FROM '1_o''clock' OR pg_catalog.pg_trigger_depth() > 1) THEN
          IF TG_OP = 'INSERT' THEN
            NEW.username := (NEW.handle)::pg_catalog.text;
          ELSE
            IF (NEW.username IS DISTINCT FROM OLD.username) THEN
              PERFORM segue.witness('1_o''clock', 'public', 'users', 'both_changed');
            END IF;
            NEW.username := (NEW.handle)::pg_catalog.text;
          END IF;
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
        IF TG_OP = 'INSERT' OR (NEW.handle IS DISTINCT FROM OLD.handle) THEN
          NEW.segue_old_username_1 := (NEW.handle)::pg_catalog.text;
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
        IF (CASE TG_OP
          WHEN 'INSERT' THEN NEW.form IS NOT DISTINCT FROM NULL AND (pg_catalog.current_setting('segue.filling', true) IS DISTINCT FROM '1_o''clock' OR pg_catalog.pg_trigger_depth() > 1)
          ELSE (ROW(NEW.shape)::pg_catalog.record OPERATOR(pg_catalog.*<>) ROW(OLD.shape)::pg_catalog.record) AND (NOT (ROW(NEW.form)::pg_catalog.record OPERATOR(pg_catalog.*<>) ROW(OLD.form)::pg_catalog.record) OR NOT (pg_catalog.current_setting('segue.filling', true) IS DISTINCT FROM '1_o''clock' OR pg_catalog.pg_trigger_depth() > 1))
            OR NEW.form IS NOT DISTINCT FROM NULL AND (pg_catalog.current_setting('segue.filling', true) IS DISTINCT FROM '1_o''clock' OR pg_catalog.pg_trigger_depth() > 1) AND NOT (ROW(NEW.form)::pg_catalog.record OPERATOR(pg_catalog.*<>) ROW(OLD.form)::pg_catalog.record)
        END) THEN
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
          IF (CASE TG_OP
            WHEN 'INSERT' THEN NEW."Größe ""x""" IS NULL AND (pg_catalog.current_setting('segue.filling', true) IS DISTINCT FROM '1_o''clock' OR pg_catalog.pg_trigger_depth() > 1)
            ELSE (NEW."select" IS DISTINCT FROM OLD."select") AND (NOT (NEW."Größe ""x""" IS DISTINCT FROM OLD."Größe ""x""") OR NOT (pg_catalog.current_setting('segue.filling', true) IS DISTINCT FROM '1_o''clock' OR pg_catalog.pg_trigger_depth() > 1))
          END) THEN
            NEW."Größe ""x""" := (NEW."select")::pg_catalog.text;
          ELSIF (TG_OP = 'INSERT' OR (NEW."Größe ""x""" IS DISTINCT FROM OLD."Größe ""x""")) AND (pg_catalog.current_setting('segue.filling', true) IS DISTINCT FROM '1_o''clock' OR pg_catalog.pg_trigger_depth() > 1) THEN
            IF TG_OP = 'INSERT' THEN
              NEW."select" := (NEW."Größe ""x""")::pg_catalog.text;
            ELSE
              IF (NEW."select" IS DISTINCT FROM OLD."select") THEN
                PERFORM segue.witness('1_o''clock', 'public', 'users', 'both_changed');
              END IF;
              NEW."select" := (NEW."Größe ""x""")::pg_catalog.text;
            END IF;
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
        IF (CASE TG_OP
          WHEN 'INSERT' THEN NEW.first_name IS NULL AND NEW.last_name IS NULL AND (pg_catalog.current_setting('segue.filling', true) IS DISTINCT FROM '1_o''clock' OR pg_catalog.pg_trigger_depth() > 1)
          ELSE (NEW.full_name IS DISTINCT FROM OLD.full_name) AND (NOT (NEW.first_name IS DISTINCT FROM OLD.first_name OR NEW.last_name IS DISTINCT FROM OLD.last_name) OR NOT (pg_catalog.current_setting('segue.filling', true) IS DISTINCT FROM '1_o''clock' OR pg_catalog.pg_trigger_depth() > 1))
            OR NEW.first_name IS NULL AND NEW.last_name IS NULL AND (pg_catalog.current_setting('segue.filling', true) IS DISTINCT FROM '1_o''clock' OR pg_catalog.pg_trigger_depth() > 1) AND NOT (NEW.first_name IS DISTINCT FROM OLD.first_name OR NEW.last_name IS DISTINCT FROM OLD.last_name)
        END) THEN
          NEW.first_name := (split_part(NEW.full_name, ' ', 1))::pg_catalog.text;
          NEW.last_name := (nullif(substr(NEW.full_name, length(split_part(NEW.full_name, ' ', 1)) + 2), ''))::pg_catalog.text;
        ELSIF (TG_OP = 'INSERT' OR (NEW.first_name IS DISTINCT FROM OLD.first_name OR NEW.last_name IS DISTINCT FROM OLD.last_name)) AND (pg_catalog.current_setting('segue.filling', true) IS DISTINCT FROM '1_o''clock' OR pg_catalog.pg_trigger_depth() > 1) THEN
          IF TG_OP = 'INSERT' THEN
            IF ROW(NEW.first_name, NEW.last_name)::pg_catalog.record OPERATOR(pg_catalog.*<>) ROW((split_part(NEW.full_name, ' ', 1))::pg_catalog.text, (nullif(substr(NEW.full_name, length(split_part(NEW.full_name, ' ', 1)) + 2), ''))::pg_catalog.text)::pg_catalog.record THEN
              NEW.full_name := (concat_ws(' ', NEW.first_name, NEW.last_name))::pg_catalog.text;
            END IF;
          ELSE
            IF (NEW.full_name IS DISTINCT FROM OLD.full_name) THEN
              PERFORM segue.witness('1_o''clock', 'public', 'users', 'both_changed');
            END IF;
            NEW.full_name := (concat_ws(' ', NEW.first_name, NEW.last_name))::pg_catalog.text;
          END IF;
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
        IF TG_OP = 'INSERT' OR (NEW.first_name IS DISTINCT FROM OLD.first_name OR NEW.last_name IS DISTINCT FROM OLD.last_name) THEN
          NEW.segue_old_full_name_1 := (concat_ws(' ', NEW.first_name, NEW.last_name))::pg_catalog.text;
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
      IF (CASE TG_OP
        WHEN 'INSERT' THEN NEW.customer2 IS NULL AND (pg_catalog.current_setting('segue.filling', true) IS DISTINCT FROM '1_o''clock' OR pg_catalog.pg_trigger_depth() > 1)
        ELSE (NEW.customer IS DISTINCT FROM OLD.customer) AND (NOT (NEW.customer2 IS DISTINCT FROM OLD.customer2) OR NOT (pg_catalog.current_setting('segue.filling', true) IS DISTINCT FROM '1_o''clock' OR pg_catalog.pg_trigger_depth() > 1))
      END) THEN
        NEW.customer2 := (NEW.customer)::bigint;
      ELSIF (TG_OP = 'INSERT' OR (NEW.customer2 IS DISTINCT FROM OLD.customer2)) AND (pg_catalog.current_setting('segue.filling', true) IS DISTINCT FROM '1_o''clock' OR pg_catalog.pg_trigger_depth() > 1) THEN
        IF TG_OP = 'INSERT' THEN
          IF ROW(NEW.customer2)::pg_catalog.record OPERATOR(pg_catalog.*<>) ROW((NEW.customer)::bigint)::pg_catalog.record THEN
            NEW.customer := CASE WHEN NEW.customer2 BETWEEN -2147483648 AND 2147483647 THEN NEW.customer2::integer END;
          END IF;
        ELSE
          IF (NEW.customer IS DISTINCT FROM OLD.customer) THEN
            PERFORM segue.witness('1_o''clock', 'public', 'users', 'both_changed');
          END IF;
          NEW.customer := CASE WHEN NEW.customer2 BETWEEN -2147483648 AND 2147483647 THEN NEW.customer2::integer END;
        END IF;
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
      IF TG_OP = 'INSERT' OR (NEW.customer IS DISTINCT FROM OLD.customer) THEN
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
      IF (CASE TG_OP
        WHEN 'INSERT' THEN NEW.cents IS NULL AND (pg_catalog.current_setting('segue.filling', true) IS DISTINCT FROM '1_o''clock' OR pg_catalog.pg_trigger_depth() > 1)
        ELSE (NEW.amount IS DISTINCT FROM OLD.amount) AND (NOT (NEW.cents IS DISTINCT FROM OLD.cents) OR NOT (pg_catalog.current_setting('segue.filling', true) IS DISTINCT FROM '1_o''clock' OR pg_catalog.pg_trigger_depth() > 1))
      END) THEN
        BEGIN
          NEW.cents := ((NEW.amount::numeric * 100)::bigint)::bigint;
        EXCEPTION WHEN OTHERS THEN
          IF pg_catalog."left"(SQLSTATE, 2) IN ('40', '53', '55', '57', '58', 'XX') THEN RAISE; END IF;
          NEW.cents := NULL;
          PERFORM segue.quarantine('1_o''clock', 'public', 'users', pg_catalog.jsonb_build_object('id', NEW.id), SQLERRM, SQLSTATE);
        END;
      ELSIF (TG_OP = 'INSERT' OR (NEW.cents IS DISTINCT FROM OLD.cents)) AND (pg_catalog.current_setting('segue.filling', true) IS DISTINCT FROM '1_o''clock' OR pg_catalog.pg_trigger_depth() > 1) THEN
        IF TG_OP = 'INSERT' THEN
          DECLARE
            agrees boolean := false;
          BEGIN
            IF NEW.amount IS NOT NULL THEN
              BEGIN
                agrees := ROW(NEW.cents)::pg_catalog.record OPERATOR(pg_catalog.*=) ROW(((NEW.amount::numeric * 100)::bigint)::bigint)::pg_catalog.record;
              EXCEPTION WHEN OTHERS THEN
                IF pg_catalog."left"(SQLSTATE, 2) IN ('40', '53', '55', '57', '58', 'XX') THEN RAISE; END IF;
              END;
            END IF;
            IF NOT agrees THEN
              BEGIN
                NEW.amount := ((NEW.cents / 100.0)::numeric(20, 2)::text)::pg_catalog.text;
              EXCEPTION WHEN OTHERS THEN
                IF pg_catalog."left"(SQLSTATE, 2) IN ('40', '53', '55', '57', '58', 'XX') THEN RAISE; END IF;
                NEW.amount := NULL;
                PERFORM segue.witness('1_o''clock', 'public', 'users', 'unrepresentable');
              END;
            END IF;
          END;
        ELSE
          IF (NEW.amount IS DISTINCT FROM OLD.amount) THEN
            PERFORM segue.witness('1_o''clock', 'public', 'users', 'both_changed');
          END IF;
          BEGIN
            NEW.amount := ((NEW.cents / 100.0)::numeric(20, 2)::text)::pg_catalog.text;
          EXCEPTION WHEN OTHERS THEN
            IF pg_catalog."left"(SQLSTATE, 2) IN ('40', '53', '55', '57', '58', 'XX') THEN RAISE; END IF;
            NEW.amount := NULL;
            PERFORM segue.witness('1_o''clock', 'public', 'users', 'unrepresentable');
          END;
        END IF;
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
  expect(body(fields, "both", new Map(), keyless)).toContain(
    "pg_catalog.jsonb_build_object('row', pg_catalog.md5(NEW::pg_catalog.text))",
  );
});

test("a fill gives a value to what a write leaves NULL, and after the cut-over only to what is hidden", () => {
  const fields = { fill: { handle: "'nobody'", customer: "0" } };
  expect(body(fields, "both")).toMatchInlineSnapshot(`
    "
    #variable_conflict use_column
    BEGIN
      IF NEW.handle IS NULL AND (pg_catalog.current_setting('segue.filling', true) IS DISTINCT FROM '1_o''clock' OR pg_catalog.pg_trigger_depth() > 1) THEN
        NEW.handle := ('nobody')::pg_catalog.text;
      END IF;
      IF NEW.customer IS NULL AND (pg_catalog.current_setting('segue.filling', true) IS DISTINCT FROM '1_o''clock' OR pg_catalog.pg_trigger_depth() > 1) THEN
        NEW.customer := (0)::integer;
      END IF;
      RETURN NEW;
    END
    "
  `);
  expect(body(fields, "reverse")).toBe("\n#variable_conflict use_column\nBEGIN\n  RETURN NEW;\nEND\n");
});

test("the plan's own fill derives no old side", () => {
  expect(body(identity, "both")).toContain(
    "ELSIF (TG_OP = 'INSERT' OR (NEW.handle IS DISTINCT FROM OLD.handle)) AND (pg_catalog.current_setting('segue.filling', true) IS DISTINCT FROM ",
  );
  expect(body({ forward: identity.forward }, "both")).not.toContain("ELSIF");
});

test("the function pins its search_path, unless any will do, and quotes its body", () => {
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
  const free = { ...text, sync: { ...sync, anyPath: true } };
  expect(syncFunction(free).replace(syncBody(free), "…")).toMatchInlineSnapshot(
    `"CREATE OR REPLACE FUNCTION segue.sync_users_1() RETURNS trigger LANGUAGE plpgsql AS $segue1$…$segue1$"`,
  );
  const slashed = {
    ...free,
    sync: { ...resolveSync({ table: "users", fill: { handle: "'\\\\'" } }, USERS), anyPath: true },
  };
  expect(syncFunction(slashed).replace(syncBody(slashed), "…")).toMatchInlineSnapshot(
    `"CREATE OR REPLACE FUNCTION segue.sync_users_1() RETURNS trigger LANGUAGE plpgsql SET standard_conforming_strings = on AS $segue1$…$segue1$"`,
  );
});
