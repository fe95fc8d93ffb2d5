import { expect, test } from "vitest";
import { SegueError } from "../../src/index.ts";
import { diffSnapshots } from "../../src/postgres/snapshot-diff.ts";
import { describePagila, pagilaDatabase } from "../support/pagila-database.ts";
import { changedFingerprints, fingerprints } from "../support/pagila-fingerprints.ts";

const ORDINARY = "drop or change them in an earlier plan, and create them again in a later one";

const REFUSALS = [
  {
    plan: "film_heading",
    column: "public.film.title",
    hang: [
      "materialized view public.nicer_but_slower_film_list names the column",
      "trigger film_fulltext_trigger on public.film seems to name the column",
    ],
    functions: [],
  },
  {
    plan: "rental_inventory_bigint",
    column: "public.rental.inventory_id",
    hang: [
      "view legacy.rental names the column",
      "view public.rental_report names the column",
      "view public.sales_by_film_category names the column",
      "view public.sales_by_store names the column",
      "view public.sales_top5_by_film_category names the column",
      "function public.get_customer_balance(integer,timestamp without time zone) seems to name the column",
      "function public.inventory_held_by_customer(integer) seems to name the column",
      "function public.inventory_in_stock(integer) seems to name the column",
    ],
    functions: [
      "public.get_customer_balance(integer,timestamp without time zone)",
      "public.inventory_held_by_customer(integer)",
      "public.inventory_in_stock(integer)",
    ],
  },
  {
    plan: "payment_amount_wider",
    column: "public.payment.amount",
    hang: [
      "rule payment_pk_update on public.payment names the column",
      "view public.sales_by_film_category names the column",
      "view public.sales_by_store names the column",
      "view public.sales_top5_by_film_category names the column",
      "function public.get_customer_balance(integer,timestamp without time zone) seems to name the column",
      "function public.make_payment_data_current() seems to name the column",
      "function public.payment_id_change_handler(integer,integer,smallint,smallint,integer,numeric,timestamp with time zone) seems to name the column",
      "function public.rewards_report(integer,numeric,date,refcursor,refcursor) seems to name the column",
    ],
    functions: [
      "public.get_customer_balance(integer,timestamp without time zone)",
      "public.make_payment_data_current()",
      "public.payment_id_change_handler(integer,integer,smallint,smallint,integer,numeric,timestamp with time zone)",
      "public.rewards_report(integer,numeric,date,refcursor,refcursor)",
    ],
  },
];

describePagila("a column that views, triggers, rules and functions name is not replaced", (major) => {
  test.each(REFUSALS)("$column: refused with the whole list, before anything ran", async (refusal) => {
    const pagila = await pagilaDatabase(major);
    const [catalog, rows] = [await pagila.snapshot(), await fingerprints(pagila)];
    const error = await pagila
      .segue({}, "first-tries")
      .expand(refusal.plan)
      .catch((thrown: unknown) => thrown);

    expect(error).toBeInstanceOf(SegueError);
    const { code, exitCode, left, message, next, problems } = error as SegueError;
    expect({ code, exitCode, left }).toEqual({ code: "SEG0102", exitCode: 3, left: "Nothing changed." });
    expect(message).toBe(
      `${refusal.column} can't be replaced: these ${refusal.hang.length} hang on it and can't be carried over`,
    );
    // The first is about the place in the plan's file.
    expect(problems[0]?.at).toMatchObject({ line: 3 });
    expect(problems.slice(1).map((problem) => problem.message)).toEqual(refusal.hang);
    expect(next).toBe(
      refusal.functions.length === 0
        ? ORDINARY
        : `${ORDINARY}. Functions that go on working are declared in the plan: settings: { ignore_dependents: ${JSON.stringify(refusal.functions)} }`,
    );

    expect(diffSnapshots(catalog, await pagila.snapshot())).toEqual([]);
    expect(changedFingerprints(rows, await fingerprints(pagila))).toEqual([]);
    expect(await pagila.segue({}, "first-tries").status(refusal.plan)).toEqual([]);
  });
});
