import { expect, test } from "vitest";
import { wireLine } from "../../../src/cli/wire.ts";

const now = new Date("2026-11-22T10:15:00Z");

test("a line begins with type, time and version, and its keys are in snake_case", () => {
  expect(wireLine("status", { plan: "1_a", soakEndsAt: null, lease: { expiresAt: "x" } }, now)).toBe(
    '{"type":"status","time":"2026-11-22T10:15:00.000Z","schema_version":1,"plan":"1_a","soak_ends_at":null,"lease":{"expires_at":"x"}}\n',
  );
});

test("an event's own type does not stand twice", () => {
  expect(JSON.parse(wireLine("state", { type: "state", state: "ready" }, now))).toEqual({
    type: "state",
    time: now.toISOString(),
    schema_version: 1,
    state: "ready",
  });
});

test("what the journal holds is passed on as it is", () => {
  expect(JSON.parse(wireLine("history", { detail: { userId: 7 } }, now))).toMatchObject({ detail: { userId: 7 } });
});
