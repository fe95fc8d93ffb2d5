import { expect, test } from "vitest";
import { wordsOfBody } from "../../../src/postgres/words-of-body.ts";

test.each([
  ["SELECT Total FROM Users", ["select", "total", "from", "users"]],
  ['"Total" "we""ird"', ["Total", 'we"ird']],
  ["a -- b\nc /* d */ e", ["a", "c", "e"]],
  [
    "'it''s -- no comment'",
    ["it's -- no comment", "it", "s", "no", "comment"].filter((word) => word !== "no" && word !== "comment"),
  ],
  ["x '-- ' y", ["x", "-- ", "y"]],
  ["ÜNÏ_Ab1$c", ["ÜnÏ_ab1$c"]],
  ["users.name", ["users", "name"]],
  ["$body$ a $body$", ["body$", "a"]],
])("the words of %s", (body, words) => {
  expect([...wordsOfBody(body)]).toEqual(words);
});
