import { expect, test } from "vitest";
import { Ledger } from "../../../src/demo/ledger.ts";

const ledger = (): Ledger<{ name: string }> => new Ledger(3, (id) => ({ name: `opening ${id}` }));

test("a row holds what it opened with, until a write of it was answered", async () => {
  const rows = ledger();
  expect(rows.expected(2)).toEqual({ name: "opening 2" });
  await rows.change(2, { name: "written" }, () => Promise.resolve());
  expect(rows.expected(2)).toEqual({ name: "written" });
  expect(rows.expected(4)).toBeUndefined();
  rows.add(4, { name: "added" });
  expect(rows.expected(4)).toEqual({ name: "added" });
  expect(rows.size).toBe(4);
});

test("a write that failed is not remembered", async () => {
  const rows = ledger();
  await expect(rows.change(1, { name: "lost" }, () => Promise.reject(new Error("no")))).rejects.toThrow("no");
  expect(rows.expected(1)).toEqual({ name: "opening 1" });
});

test("a row has one writer at a time", async () => {
  const rows = ledger();
  let answer = (): void => {};
  const first = rows.change(1, { name: "first" }, () => new Promise<void>((resolve) => (answer = resolve)));
  await rows.change(1, { name: "second" }, () => Promise.reject(new Error("must not be sent")));
  answer();
  await first;
  expect(rows.expected(1)).toEqual({ name: "first" });
});

test("what was read while a row was being written may be old or new", async () => {
  const rows = ledger();
  const sent = performance.now();
  expect(rows.agrees(1, { name: "wrong" }, sent)).toBe(false);
  await rows.change(1, { name: "new" }, () => {
    expect(rows.agrees(1, { name: "opening 1" }, sent)).toBe(true);
    return Promise.resolve();
  });
  expect(rows.agrees(1, { name: "opening 1" }, sent)).toBe(true);
  expect(rows.agrees(1, { name: "opening 1" }, performance.now() + 1)).toBe(false);
  expect(rows.agrees(1, { name: "new" }, performance.now() + 1)).toBe(true);
});

test("every row can be picked, the added ones too", () => {
  const rows = ledger();
  rows.add(17, { name: "added" });
  expect([0, 0.25, 0.5, 0.75, 0.9999].map((share) => rows.pick(share))).toEqual([1, 2, 3, 17, 17]);
});
