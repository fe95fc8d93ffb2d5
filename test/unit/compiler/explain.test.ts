import { fileURLToPath } from "node:url";
import { beforeAll, describe, test } from "vitest";
import { VOCABULARY } from "../../../src/compiler/registry.ts";
import { readPlans } from "../../../src/plan/read-plans.ts";
import { loadParser } from "../../../src/sql/parser.ts";
import { MAJORS, testDatabase } from "../../support/postgres.ts";
import { SHOP } from "../../support/shop.ts";
import { withSession } from "../steps/execute-drafts.ts";
import { planOf } from "./compile-plan.ts";
import { expectRoundTrip } from "./round-trip.ts";

beforeAll(loadParser);

const MORE: Readonly<Record<string, string>> = {
  "31_widen": `
operations:
  - change_type: { table: orders, column: amount_cents, type: int8, reverse: "least(amount_cents, 2147483647)" }
  - change_type: { table: customers, column: fax, type: varchar(40) }
  - add_column: { table: orders, column: note, type: varchar(20), default: "'-'", nullable: false }
settings: { lock: { timeout: 250ms }, ignore_dependents: [public.nothing] }`,
  "32_odd": `
description: "odd: names and 'quotes'"
operations:
  - rename_column: { table: customers, from: fax, to: "Fäx \\"2\\"" }
  - add_column: { table: customers, column: born, type: date, fill: "'2000-01-01'", check: "born > '1900-01-01'" }
  - set_not_null: { table: orders, column: status, fill: "'a: #b'" }
  - sql: { up: "SELECT 1;\\nSELECT 'two'", down: "SELECT 3" }
gates:
  - query: { sql: "select count(*) from orders", is: 0 }
  - approval: { by: web }`,
  "34_small": `
operations:
  - create_enum: { name: mood, values: [sad, "it's fine"] }
  - add_enum_value: { type: mood, value: ok, before: "it's fine" }
  - add_column: { table: customers, column: mood, type: mood, default: "'sad'" }
  - add_unique: { table: customers, columns: [fax, id], name: "Fax: once" }
  - set_comment: { table: customers, constraint: "Fax: once", comment: "#1" }
  - set_comment: { table: customers, column: fax, comment: null }
  - set_default: { table: customers, column: fax, default: "'none: '" }
  - drop_default: { table: orders, column: created_at }
  - rename_constraint: { table: customers, from: username_is_lower_case, to: lower }
  - drop_constraint: { table: customers, name: lower }`,
  "33_both": `
operations:
  - drop_column: { table: customers, column: fax }
expand:
  - add_column: { table: customers, column: nick, type: varchar(5) }
  - sync: { table: customers, forward: { nick: username } }
backfill:
  - fill: { table: customers }
contract:
  - drop_sync: { table: customers }`,
};

describe.each(MAJORS)("on PostgreSQL %i", (major) => {
  test("what --explain prints is a plan that runs the same", async () => {
    const shop = await testDatabase({ major, script: SHOP });
    const folder = fileURLToPath(new URL("../../../plans", import.meta.url));
    const plans = [
      ...(await readPlans(folder, VOCABULARY)),
      ...Object.entries(MORE).map(([id, text]) => planOf(text, id)),
    ];
    await withSession(shop, async (session) => {
      for (const plan of plans) {
        // An index and a type that an earlier plan makes.
        if (plan.id.includes("drop_index") || plan.id.includes("add_enum_value")) continue;
        await expectRoundTrip(session, plan);
      }
    });
  });
});
