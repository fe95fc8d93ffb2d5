import { expect, test } from "vitest";
import { suggester } from "../../../src/cli/suggest.ts";

const commands = ["contract", "status", "init", "reverse"];

test("each command of a text gets the flags that chose database and plans", () => {
  const suggest = suggester({ input: true, env: "production", plans: "db/my plans" }, commands);
  expect(suggest("segue contract 1_a --yes drops it; `segue reverse 1_a` brings it back")).toBe(
    "segue contract --env production --plans 'db/my plans' 1_a --yes drops it; `segue reverse --env production --plans 'db/my plans' 1_a` brings it back",
  );
});

test("what only looks like a command stays", () => {
  const suggest = suggester({ input: true, env: "x" }, commands);
  for (const text of ["use the newer pg-segue that wrote it", "schema segue is there", "segue nothing", "Segue status"])
    expect(suggest(text)).toBe(text);
});

test("a URL, which may hold a password, is only hinted at", () => {
  expect(suggester({ input: true, url: "postgres://a:b@c/d" }, commands)("segue status")).toBe("segue status --url …");
});

test("a quote in a value can't end the shell's word", () => {
  expect(suggester({ input: true, config: "it's.yaml" }, commands)("segue status")).toBe(
    String.raw`segue status --config 'it'\''s.yaml'`,
  );
});
