import { spawn } from "node:child_process";
import { once } from "node:events";
import { chmodSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { beforeAll, expect, onTestFinished, test } from "vitest";
import { buildIfStale, MAIN } from "../cli/build.ts";

interface Line {
  readonly type: string;
  readonly [field: string]: unknown;
}

beforeAll(buildIfStale);

/** Runs `segue demo` as a process of its own, with a folder for temporary files of its own. */
async function demo(words: readonly string[], onLine: (line: string, interrupt: () => void) => void = () => {}) {
  const temporary = mkdtempSync(join(tmpdir(), "segue-demo-test-"));
  // PostgreSQL does not run as root, but as an account that must get in.
  chmodSync(temporary, 0o755);
  onTestFinished(() => rmSync(temporary, { recursive: true, force: true }));
  const child = spawn(process.execPath, [MAIN, "demo", ...words], {
    env: { ...process.env, TMPDIR: temporary },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let stderr = "";
  child.stderr.setEncoding("utf8").on("data", (text: string) => (stderr += text));
  const lines: string[] = [];
  createInterface({ input: child.stdout }).on("line", (line) => {
    lines.push(line);
    onLine(line, () => child.kill("SIGINT"));
  });
  const [code] = (await once(child, "close")) as [number | null];
  return { code, lines, stderr, left: readdirSync(temporary) };
}

test(
  "the demo tells the whole story without a failed query or a lost row, and leaves nothing behind",
  { timeout: 300_000 },
  async () => {
    const { code, lines, stderr, left } = await demo(["--rows", "20000", "--json"]);
    const told = lines.map((line) => JSON.parse(line) as Line);
    expect(told.filter(({ type }) => type === "failure")).toEqual([]);
    expect(told.at(-1)).toMatchObject({
      type: "summary",
      failed_queries: 0,
      mismatches: 0,
      state: "completed",
      reversal_exact: true,
    });
    const summary = told.at(-1)!;
    expect(summary["rows_verified"]).toBeGreaterThan(20_000 + 3_333);
    expect(summary["queries"]).toBeGreaterThan(1_000);
    for (const time of ["max_wait_ms", "p99_ms_before", "p99_ms_during"]) expect(summary[time]).toBeGreaterThan(0);
    // In the order of the story: the kill, who took over from the dead, the refusal and its reasons.
    const exits = told.filter(({ type }) => type === "exit").map((line) => line["code"]);
    expect(exits).toEqual([0, null, 0, 3, 0, 0, 0, 0, 0]);
    const killed = told.findIndex((line) => line.type === "exit" && line["code"] === null);
    expect(told.slice(killed).find(({ type }) => type === "lease_taken")).toMatchObject({
      previous: expect.any(String),
    });
    const refused = told.filter((line) => line.type === "gate" && line["ok"] === false).map((line) => line["gate"]);
    expect(refused).toEqual(["query", "approval"]);
    expect(stderr).not.toContain("Error");
    expect(code).toBe(0);
    expect(left).toEqual([]);
  },
);

test("a Ctrl-C in the middle of the backfill ends everything, and leaves nothing behind", async () => {
  const { code, left } = await demo(["--rows", "50000"], (line, interrupt) => {
    if (line === "$ segue backfill reshape_shop") interrupt();
  });
  expect(code).toBe(130);
  expect(left).toEqual([]);
});
