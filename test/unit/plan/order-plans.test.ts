import { describe, expect, test } from "vitest";
import type { Plan } from "../../../src/model/plan.ts";
import { orderPlans } from "../../../src/plan/order-plans.ts";
import { fakePlan, problemsOf } from "./fake-plan.ts";

const order = (...plans: Plan[]) => orderPlans(plans).map(({ id }) => id);
const problems = (...plans: Plan[]) => problemsOf(() => orderPlans(plans));

describe("the order of plans", () => {
  test("is that of their versions as numbers", () => {
    expect(order(fakePlan("10_c"), fakePlan("9_b"), fakePlan("0001_a"))).toEqual(["0001_a", "9_b", "10_c"]);
    expect(order(fakePlan("20261122101500000000002_b"), fakePlan("20261122101500000000001_a"))).toEqual([
      "20261122101500000000001_a",
      "20261122101500000000002_b",
    ]);
  });

  test("puts what a plan requires before it, and holds back nothing else", () => {
    const plans = [
      fakePlan("1_a", { requires: ["4_d"] }),
      fakePlan("2_b"),
      fakePlan("3_c"),
      fakePlan("4_d", { requires: ["3_c"] }),
    ];
    expect(order(...plans)).toEqual(["2_b", "3_c", "4_d", "1_a"]);
  });

  test("of no plans is empty", () => {
    expect(order()).toEqual([]);
  });
});

describe("plans that can't be ordered are refused with all findings:", () => {
  test("an id twice", () => {
    expect(problems(fakePlan("1_a"), { ...fakePlan("1_a"), file: "plans/1_a.sql" })).toEqual([
      "plans/1_a.yaml:1 `1_a` is also the id of plans/1_a.yaml",
    ]);
  });

  test("a version twice, however it is written", () => {
    expect(problems(fakePlan("1_a"), fakePlan("01_b"))).toEqual([
      "plans/01_b.yaml:1 the version 01 is also that of `1_a`; give one of them another",
    ]);
  });

  test("a requirement that no plan meets", () => {
    expect(
      problems(fakePlan("1_users"), fakePlan("2_b", { requires: ["1_users", "1_usres", "users", "9_x"] })),
    ).toEqual([
      "plans/2_b.yaml:11 there is no plan `1_usres`; did you mean `1_users`?",
      "plans/2_b.yaml:12 there is no plan `users`; its id is `1_users`",
      "plans/2_b.yaml:13 there is no plan `9_x`",
    ]);
  });

  test("a conflict with a plan that does not exist", () => {
    expect(problems(fakePlan("1_a", { conflicts: ["7_q"] }))).toEqual(["plans/1_a.yaml:10 there is no plan `7_q`"]);
  });

  test("a plan that requires itself", () => {
    expect(problems(fakePlan("1_a", { requires: ["1_a"] }))).toEqual([
      "plans/1_a.yaml:10 a plan can't name itself under `requires`",
    ]);
  });

  test("a cycle, once, and not the plans behind it", () => {
    const plans = [
      fakePlan("1_a", { requires: ["3_c"] }),
      fakePlan("2_b", { requires: ["1_a"] }),
      fakePlan("3_c", { requires: ["4_d", "2_b"] }),
      fakePlan("4_d"),
      fakePlan("5_e", { requires: ["1_a"] }),
    ];
    expect(problems(...plans)).toEqual([
      "plans/1_a.yaml:10 these plans require each other in a circle: 1_a → 3_c → 2_b → 1_a",
    ]);
  });

  test("two cycles, and other findings beside them", () => {
    const plans = [
      fakePlan("1_a", { requires: ["2_b"] }),
      fakePlan("2_b", { requires: ["1_a"] }),
      fakePlan("3_c", { requires: ["4_d"] }),
      fakePlan("4_d", { requires: ["3_c"] }),
      fakePlan("5_e", { requires: ["6_f"] }),
    ];
    expect(problems(...plans)).toEqual([
      "plans/5_e.yaml:10 there is no plan `6_f`",
      "plans/1_a.yaml:10 these plans require each other in a circle: 1_a → 2_b → 1_a",
      "plans/3_c.yaml:10 these plans require each other in a circle: 3_c → 4_d → 3_c",
    ]);
  });
});
