import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { Summary } from "../../bench/summary.ts";
import { hasRoomInMemory, MEMORY } from "../support/servers.ts";

const run = promisify(execFile);
const root = fileURLToPath(new URL("../..", import.meta.url));
const METHODS = ["update", "keyset", "pgroll_statement", "segue_1", "segue_2"];
/** Without a `pgroll` on PATH. */
const env = {
  ...process.env,
  PATH: join(process.execPath, ".."),
  ...((await hasRoomInMemory()) && { TMPDIR: MEMORY }),
};

let out: string;
let lines: Record<string, unknown>[];

beforeAll(async () => {
  out = await mkdtemp(join(tmpdir(), "segue-bench-test-"));
  await run(process.execPath, [join(root, "node_modules/typescript/bin/tsc"), "-p", "bench/tsconfig.json"], {
    cwd: root,
  });
  const flags = ["--rows", "2000", "--rounds", "1", "--methods", METHODS.join(","), "--json", "--out", out];
  const { stdout } = await run(process.execPath, [join(root, ".bench/main.js"), ...flags], { cwd: root, env });
  lines = stdout
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as Record<string, unknown>);
}, 300_000);

afterAll(async () => {
  await rm(out, { recursive: true, force: true });
});

test("it ends with the summary, which has every figure", () => {
  const summary = lines.at(-1) as unknown as Summary;
  const positive = expect.any(Number) as number;
  const waits = { p50: positive, p95: positive, p99: positive, longest: positive };
  const cost = { none: positive, segue: positive, pgroll: positive, segue_vs_pgroll: positive };
  expect(summary).toEqual({
    type: "summary",
    rows: 2000,
    ratios: {
      segue_vs_update: positive,
      segue_vs_keyset: positive,
      segue_vs_pgroll_statement: positive,
      wal_vs_update: positive,
      heap_growth: positive,
      index_growth: positive,
      own_cpu_ms: positive,
    },
    load: {
      rate: 500,
      segue_vs_update: positive,
      p99_vs_none: positive,
      computing_p99_vs_none: positive,
      longest_more_ms: positive,
      none: waits,
      methods: Object.fromEntries(METHODS.map((method) => [method, { ms: positive, ...waits }])),
    },
    trigger: {
      update: cost,
      update_other: cost,
      insert: cost,
      safe: { update: cost, update_other: cost, insert: cost },
    },
  });
  expect(summary.ratios.heap_growth).toBeGreaterThanOrEqual(1);
  expect(summary.load).toMatchObject({ rate: 500 });
});

test("each method was run in each round, alone and beside clients", () => {
  const runs = lines.filter(({ type }) => type === "run");
  expect(runs.map(({ method }) => method)).toEqual([...METHODS, ...METHODS]);
  expect(runs.filter(({ load }) => load !== null)).toHaveLength(METHODS.length);
});

test("each goal is judged", () => {
  const goals = lines.filter(({ type }) => type === "goal");
  expect(goals).toHaveLength(12);
  for (const { verdict } of goals) expect(["met", "missed", "not measured"]).toContain(verdict);
});

test("the results and a well-formed chart are written", async () => {
  const results = JSON.parse(await readFile(join(out, "results.json"), "utf8"));
  expect(results).toMatchObject({ summary: lines.at(-1), machine: { cpus: expect.any(Number) } });
  const svg = await readFile(join(out, "standard.svg"), "utf8");
  expect(elements(svg)).toMatchObject({ depth: 0, first: "svg" });
  expect(svg).not.toMatch(/NaN|undefined|Infinity/u);
});

test("a flag that is not known is refused before a server starts", async () => {
  const refused = run(process.execPath, [join(root, ".bench/main.js"), "--indexes", "3"], { cwd: root, env });
  await expect(refused).rejects.toMatchObject({ code: 2, stderr: expect.stringContaining("--indexes takes 0, 2, 5") });
});

/** Walks the tags of a document: every one that is opened is closed, in order. */
function elements(xml: string): { first: string | undefined; depth: number } {
  const open: string[] = [];
  let first: string | undefined;
  for (const [, closing, name = "", , empty] of xml.matchAll(/<(\/?)([a-z]+)((?:\s+[\w:-]+="[^"<]*")*)\s*(\/?)>/gu)) {
    first ??= name;
    if (closing === "/") expect(open.pop()).toBe(name);
    else if (empty !== "/") open.push(name);
  }
  expect(xml.replaceAll(/<\/?[a-z]+(?:\s+[\w:-]+="[^"<]*")*\s*\/?>/gu, "")).not.toMatch(/[<>]/u);
  return { first, depth: open.length };
}
