import { beforeAll, expect, test } from "vitest";
import { rewriteEnum } from "../../../src/sql/enum-constants.ts";
import { loadParser } from "../../../src/sql/parser.ts";

beforeAll(loadParser);

const change = {
  from: { schema: "public", name: "Mood" },
  to: { schema: "public", name: "segue_new" },
  label: (value: string) => (value === "it's new" ? 'o"pen\\' : value),
  changes: (value: string) => value === "it's new",
};

test.each([
  ["expression", `'it''s new'::public."Mood"`, `E'o"pen\\\\'::public.segue_new`],
  ["expression", `NULL::public."Mood"`, "NULL::public.segue_new"],
  ["expression", `'ok'::public."Mood"`, `'ok'::public.segue_new`],
  ["expression", `'{}'::public."Mood"[]`, `'{}'::public.segue_new[]`],
  [
    "expression",
    `'{ok,"it''s new",NULL,{"a\\\\b"}}'::public."Mood"[]`,
    `E'{ok,"o\\\\"pen\\\\\\\\",NULL,{"a\\\\\\\\b"}}'::public.segue_new[]`,
  ],
  ["expression", `ARRAY[]::public."Mood"[]`, "ARRAY[]::public.segue_new[]"],
  [
    "constraint",
    `CHECK (("ä" = ANY (ARRAY['ok'::public."Mood", 'it''s new'::public."Mood"])) OR (t = 'ok'::text))`,
    `CHECK (("ä" = ANY (ARRAY['ok'::public.segue_new, E'o"pen\\\\'::public.segue_new])) OR (t = 'ok'::text))`,
  ],
  [
    "statement",
    `CREATE INDEX i ON public.t USING btree (id) WHERE (mood <> 'it''s new'::public."Mood")`,
    `CREATE INDEX i ON public.t USING btree (id) WHERE (mood <> E'o"pen\\\\'::public.segue_new)`,
  ],
  ["expression", `'it''s old'::other."Mood"`, `'it''s old'::other."Mood"`],
] as const)("%s %s", (kind, text, expected) => {
  expect(rewriteEnum(text, kind, change)).toBe(expected);
});

test.each([
  [`((mood)::text = 'it''s new'::text)`, "holds 'it''s new' as a text"],
  [`('x'::text)::public."Mood"`, "computes a value of the enum"],
  [`((a || b))::public."Mood"`, "computes a value of the enum"],
])("%s can't be followed", (text, why) => {
  expect(() => rewriteEnum(text, "expression", change)).toThrow(why);
});

test("what is no definition is told", () => {
  expect(() => rewriteEnum("(", "expression", change)).toThrow("can't be read");
});
