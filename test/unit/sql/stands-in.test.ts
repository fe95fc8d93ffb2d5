import { expect, test } from "vitest";
import { standsIn } from "../../../src/sql/stands-in.ts";

test("a name stands in a schema if it begins with that schema's, as SQL writes it", () => {
  const stands = standsIn(["public_1", 'Odd "one"']);
  expect(stands("public_1.users")).toBe(true);
  expect(stands('"Odd ""one""".users')).toBe(true);
  expect(stands("public_10.users")).toBe(false);
  expect(stands("public.users")).toBe(false);
  expect(standsIn([])("public_1.users")).toBe(false);
});
