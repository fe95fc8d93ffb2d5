import { PassThrough } from "node:stream";
import pc from "picocolors";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import type { Io } from "../../../src/cli/io.ts";
import { type ProgressEvent, progressText } from "../../../src/cli/progress-text.ts";
import { Progress } from "../../../src/cli/progress.ts";
import type { SegueEvent } from "../../../src/index.ts";

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

function progress(isTTY: boolean) {
  let written = "";
  const stream = new PassThrough().on("data", (chunk: Buffer) => (written += chunk.toString()));
  const stderr = Object.assign(stream, { isTTY, columns: 60 });
  const io = { stdin: process.stdin, stdout: stderr, stderr, env: {}, cwd: "", isClosed: () => false } as Io;
  const told = new Progress(io, { colors: pc.createColors(false), suggest: (text) => text, plain: false });
  return { told, written: () => written };
}

const fill = (done: number): SegueEvent => ({
  plan: "1_a",
  type: "progress",
  table: "public.users",
  stage: "fill",
  done,
  total: 1_000,
  unit: "blocks",
  rows: done * 48_200,
  rowsPerSecond: 41_000,
  eta: { least: 420, most: 531 },
  walBytes: null,
  hotShare: null,
  lagMs: null,
});
const started: Extract<SegueEvent, { type: "step_started" }> = {
  plan: "1_a",
  type: "step_started",
  stage: "backfill",
  step: "s",
  title: "fill users",
  attempt: 1,
  reads: null,
};
const waiting: SegueEvent = {
  plan: "1_a",
  type: "lock_wait",
  step: "s",
  attempt: 2,
  waited: 1_500,
  blockers: [
    {
      pid: 4711,
      user: "app",
      application: "report_job",
      state: "idle in transaction",
      transactionAge: 41,
      query: "select\n1",
    },
  ],
};

test("without a terminal a fill is told of every 10 s", () => {
  const { told, written } = progress(false);
  told.onEvent(started);
  for (let second = 1; second <= 25; second += 1) {
    told.onEvent(fill(second * 10));
    vi.advanceTimersByTime(1_000);
  }
  told.finish();
  expect(written()).toBe(
    [
      "1_a",
      "filling public.users  █░░░░░░░░░  10.0%  4.8M rows  41k rows/s  ETA 7-9 min",
      "filling public.users  ██░░░░░░░░  20.0%  9.6M rows  41k rows/s  ETA 7-9 min",
      "",
    ].join("\n"),
  );
});

test("of an index build the server's own progress is told, of a validation how much it reads", () => {
  const { told, written } = progress(false);
  const at = (phase: string, done: number, total: number, unit: "blocks" | "sessions"): SegueEvent => ({
    plan: "1_a",
    type: "build_progress",
    step: "s",
    phase,
    done,
    total,
    unit,
  });
  told.onEvent({ ...started, title: "build users_email" });
  told.onEvent(at("building index: scanning table", 621, 1_000, "blocks"));
  vi.advanceTimersByTime(10_000);
  told.onEvent(at("waiting for old snapshots", 1, 3, "sessions"));
  vi.advanceTimersByTime(10_000);
  told.onEvent({ ...started, title: "validate users_email_check", reads: 12_884_901_888 });
  vi.advanceTimersByTime(10_000);
  told.finish();
  expect(written().split("\n")).toEqual([
    "1_a",
    "… build users_email  10.0 s  building index: scanning table, 62.1%",
    "… build users_email  20.0 s  waiting for old snapshots, 1 of 3 are through",
    "… validate users_email_check  10.0 s  reads 12 GB",
    "",
  ]);
});

test("a step that takes its time is told of too", () => {
  const { told, written } = progress(false);
  told.onEvent(started);
  vi.advanceTimersByTime(10_000);
  told.finish();
  expect(written()).toBe("1_a\n… fill users  10.0 s\n");
});

test("who blocks is named at once, and again after 10 s", () => {
  const { told, written } = progress(false);
  for (let second = 0; second < 12; second += 1) {
    told.onEvent(waiting);
    vi.advanceTimersByTime(1_000);
  }
  told.finish();
  const line =
    "↻ waiting for a lock, attempt 2, 1.5 s; blocked by pid 4711 (report_job, app, idle in transaction, for 41.0 s): select 1";
  expect(written()).toBe(["1_a", line, line, ""].join("\n"));
});

test("a prepared transaction, which has no process, is named as what it is", () => {
  const { told, written } = progress(false);
  const prepared = { pid: 0, user: null, application: null, state: null, transactionAge: null, query: null };
  told.onEvent({ plan: "1_a", type: "rows_locked", table: "public.users", blockers: [prepared] });
  told.finish();
  expect(written()).toContain("blocked by a prepared transaction (see pg_prepared_xacts)\n");
});

test("on a terminal the line is drawn anew, never wider than it, and leaves nothing behind", () => {
  const { told, written } = progress(true);
  told.onEvent(started);
  told.onEvent(fill(621));
  vi.advanceTimersByTime(250);
  told.onEvent({ plan: "1_a", type: "step_done", stage: "backfill", step: "s", title: "fill users", ms: 39_200 });
  told.finish();
  const bar = "filling public.users  ██████░░░░  62.1%  29.9M rows  41k r…";
  expect(written()).toBe(`1_a\n${bar}\n\u001b[1A\r\u001b[J✔ fill users  39.2 s\n`);
});

test("gates are shown when they opened; when they did not, the error tells", () => {
  const { told, written } = progress(false);
  const gate: SegueEvent = { plan: "1_a", type: "gate", gate: "approval", ok: true, detail: "mia" };
  told.onEvent(gate);
  expect(written()).toBe("");
  told.onEvent({ plan: "1_a", type: "state", state: "contracting", from: "ready" });
  told.finish();
  expect(written()).toBe("1_a\n✔ approval: mia\n");
});

test("on a terminal what holds a fill is told with its age beside the progress, until it goes on", () => {
  const { told, written } = progress(true);
  const reason = "replica r2 lag 6.1 s > 5 s";
  told.onEvent(started);
  told.onEvent(fill(620));
  told.onEvent({ plan: "1_a", type: "throttled", level: "stop", reason, throttledMs: 0 });
  vi.advanceTimersByTime(12_000);
  told.onEvent(fill(630));
  vi.advanceTimersByTime(250);
  expect(written()).toContain(`! throttled 12.0 s: ${reason}`);
  const before = written().length;
  told.onEvent({ plan: "1_a", type: "resumed", throttledMs: 12_250 });
  vi.advanceTimersByTime(1_000);
  expect(written().slice(before)).toContain("! goes on, after 12.3 s throttled");
  expect(written().slice(before)).not.toContain(reason);
  told.finish();
});

test("without a terminal a stop is told at once, and with its age every 10 s", () => {
  const { told, written } = progress(false);
  told.onEvent(started);
  told.onEvent(fill(620));
  told.onEvent({ plan: "1_a", type: "throttled", level: "stop", reason: "r2 lags", throttledMs: 0 });
  vi.advanceTimersByTime(10_000);
  told.finish();
  expect(written().split("\n")).toEqual([
    "1_a",
    "! throttled: r2 lags",
    expect.stringMatching(/^filling public\.users/),
    "  ! throttled 10.0 s: r2 lags",
    "",
  ]);
});

test("WAL, the share of HOT updates and a lag worth a second stand behind the rest", () => {
  const event = { ...(fill(100) as ProgressEvent), walBytes: 12 * 1024 ** 3, hotShare: 0.862, lagMs: 1_234 };
  expect(progressText(event)).toBe(
    "filling public.users  █░░░░░░░░░  10.0%  4.8M rows  41k rows/s  ETA 7-9 min  12 GB WAL  86% HOT  lag 1.2 s",
  );
  expect(progressText({ ...event, lagMs: 200 })).not.toContain("lag");
});
