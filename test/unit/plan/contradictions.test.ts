import { describe, expect, test } from "vitest";
import type { Effects, SchemaObject } from "../../../src/model/effects.ts";
import type { Plan } from "../../../src/model/plan.ts";
import { orderPlans } from "../../../src/plan/order-plans.ts";
import { fakePlan, problemsOf } from "./fake-plan.ts";

const relation = (name: string) => ({ schema: "public", name });
/** `users`, `users.email`, `index:users_email` or `type:mood`. */
function object(text: string): SchemaObject {
  if (text.startsWith("index:")) return { kind: "index", index: relation(text.slice(6)) };
  if (text.startsWith("type:")) return { kind: "type", type: relation(text.slice(5)) };
  const [table = "", column] = text.split(".");
  return column === undefined
    ? { kind: "table", table: relation(table) }
    : { kind: "column", table: relation(table), column };
}
/** `-users.a +users.b ?users.c`: removes, creates, uses. */
function effects(text: string): Effects {
  const all = text.split(" ").map((word) => ({ sign: word[0], object: object(word.slice(1)) }));
  const of = (sign: string) => all.filter((one) => one.sign === sign).map((one) => one.object);
  return { uses: of("?"), removes: of("-"), creates: of("+") };
}

/** Plans `1_a`, `2_b` … with these entries each. */
function findings(...plans: readonly (readonly string[])[]): readonly string[] {
  const named = plans.map((entries, index): [Plan, readonly string[]] => [
    fakePlan(`${index + 1}_${"abc"[index]}`),
    entries,
  ]);
  const byPlan = new Map(named);
  return problemsOf(() =>
    orderPlans([...byPlan.keys()], (plan) =>
      (byPlan.get(plan) ?? []).map((text, index) => ({ path: ["operations", index], effects: effects(text) })),
    ),
  );
}

describe("plans hold together:", () => {
  test.each([
    ["what no plan mentions may stand in the database", [["?users.email"], ["-users.email"]]],
    [
      "a column is renamed and goes on under its new name",
      [["-users.a +users.b"], ["?users.b"], ["-users.b +users.c"]],
    ],
    ["a name is used again once it is free", [["-users.a"], ["+users.a"], ["?users.a"]]],
    [
      "two columns swap their names by way of a third",
      [
        ["-t.a +t.x", "-t.b +t.a", "-t.x +t.b"],
        ["?t.a", "?t.b"],
      ],
    ],
    ["a table comes back with columns of its own", [["-users.a"], ["-users"], ["+users"], ["?users.a"]]],
    ["the same column of another table", [["-users.a"], ["?teams.a"]]],
    ["an index and a table of one name are two things", [["-index:a"], ["?a"]]],
    ["a plan uses what it creates later on", [["?t.a", "+t.b", "?t.b"]]],
  ])("%s", (_, plans) => {
    expect(findings(...plans)).toEqual([]);
  });
});

describe("plans contradict each other:", () => {
  test("a column is used after it was renamed away", () => {
    expect(findings(["?users", "-users.username +users.handle"], ["?users.username"])).toEqual([
      "plans/2_b.yaml:10 column public.users.username is used here, but `1_a` removed it (plans/1_a.yaml:11)",
    ]);
  });

  test("both remove one column", () => {
    expect(findings(["-users.a"], ["-users.a +users.b"])).toEqual([
      "plans/2_b.yaml:10 column public.users.a is removed here, but `1_a` already removed it (plans/1_a.yaml:10)",
    ]);
  });

  test("a column of a removed table is used, removed and created", () => {
    expect(findings(["-users"], ["?users.a", "-users.b", "+users.c"])).toEqual([
      "plans/2_b.yaml:10 column public.users.a is used here, but `1_a` removed table public.users (plans/1_a.yaml:10)",
      "plans/2_b.yaml:11 column public.users.b is removed here, but `1_a` already removed table public.users (plans/1_a.yaml:10)",
      "plans/2_b.yaml:12 column public.users.c is created here, but `1_a` removed table public.users (plans/1_a.yaml:10)",
    ]);
  });

  test.each([
    ["table", "+t", "table public.t"],
    ["column", "+t.a", "column public.t.a"],
    ["index", "+index:i", "index public.i"],
    ["type", "+type:t", "type public.t"],
  ])("both create one %s", (_, entry, name) => {
    expect(findings([entry], [entry])).toEqual([
      `plans/2_b.yaml:10 ${name} is created here, but \`1_a\` already created it (plans/1_a.yaml:10)`,
    ]);
  });

  test("a plan uses what only a later one creates", () => {
    expect(findings(["?users.handle"], ["-users.username +users.handle"])).toEqual([
      "plans/1_a.yaml:10 column public.users.handle is used here, but only the later plan `2_b` creates it; require it: `requires: [2_b]`",
    ]);
  });

  test("a plan contradicts itself", () => {
    expect(findings(["-t.a", "?t.a"])).toEqual([
      "plans/1_a.yaml:11 column public.t.a is used here, but this plan removed it (plans/1_a.yaml:10)",
    ]);
  });

  test("names that hold dots are not taken for others", () => {
    const dotted: Effects = {
      uses: [],
      removes: [{ kind: "table", table: { schema: "public", name: "a.b" } }],
      creates: [],
    };
    const plain: Effects = {
      uses: [{ kind: "column", table: { schema: "public", name: "a" }, column: "b" }],
      removes: [],
      creates: [],
    };
    const [one, two] = [fakePlan("1_a"), fakePlan("2_b")];
    expect(() =>
      orderPlans([one, two], (plan) => [{ path: [], effects: plan === one ? dotted : plain }]),
    ).not.toThrow();
  });
});
