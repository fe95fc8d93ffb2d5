import type { StatusReport } from "../index.ts";
import type { Context } from "./context.ts";
import { gateMark } from "./gate-mark.ts";
import type { PlanStatus } from "./pending-plans.ts";
import { printable } from "./printable.ts";
import type { Suggest } from "./suggest.ts";
import { table } from "./table.ts";
import { count, elapsed, moment, size } from "./units.ts";
import type { Colors } from "./terminal.ts";

/** Prints where rollouts stand: a table, or all that is known of the one that was asked for. */
export function reportStatus(
  context: Pick<Context, "output" | "suggest">,
  reports: readonly PlanStatus[],
  isOne: boolean,
): void {
  const { output, suggest } = context;
  if (output.json) {
    for (const report of reports)
      output.object("status", { ...report, next: report.next === null ? null : suggest(report.next) });
    return;
  }
  output.raw(`${statusText(context, reports, isOne)}\n`);
}

/** The same, as text. */
export function statusText(
  { output, suggest }: Pick<Context, "output" | "suggest">,
  reports: readonly PlanStatus[],
  isOne: boolean,
): string {
  if (reports.length === 0) return "There are no plans.";
  if (isOne) return reports.map((report) => details(report, output.colors, suggest)).join("\n");
  const [head, ...rows] = table([
    ["PLAN", "STATE", "PROGRESS", "HEALTH", "NEXT"],
    ...reports.map((report) => [
      report.plan,
      report.state,
      progressOf(report),
      report.health,
      suggest(report.next ?? "–"),
    ]),
  ]);
  return [output.colors.bold(head ?? ""), ...rows].join("\n");
}

function details(report: PlanStatus, colors: Colors, suggest: Suggest): string {
  const { plan, state, step, reason, lease, gates, soakEndsAt, next, mayRun, throttle, throttledSeconds, workers } =
    report;
  const health = report.health === "running" && report.since !== null ? "running slowly" : report.health;
  const since = report.since === null ? "" : ` since ${moment(new Date(report.since))}`;
  const rows: [string, string][] = [
    ["state", state],
    [
      "may run",
      mayRun === "old and new" ? "old and new application versions, in any mix" : `the ${mayRun} application version`,
    ],
    ["health", reason === null ? health : `${health}${since}: ${printable(reason)}`],
  ];
  if (step !== null && state !== "ready" && report.health !== "done") rows.push(["step", step]);
  if (throttledSeconds > 0) rows.push(["throttled", `for ${elapsed(throttledSeconds * 1_000)} in all`]);
  if (throttle !== null)
    rows.push([
      "sleeps",
      `${throttle.ratio} times as long as it works, for ${printable(throttle.actor)}${throttle.until === null ? "" : ` until ${moment(new Date(throttle.until))}`}`,
    ]);
  if (report.progress !== null) rows.push(["progress", progressOf(report)]);
  if (report.filled !== null) rows.push(["filled", filledText(report.filled)]);
  if (workers > 0) rows.push(["workers", String(workers)]);
  if (lease !== null)
    rows.push(["run by", `${lease.owner}${lease.expired ? `, silent since before ${lease.expiresAt}` : ""}`]);
  if (soakEndsAt !== null) rows.push(["soaks until", soakEndsAt]);
  return [
    colors.bold(printable(plan)),
    ...table(rows).map((line) => `  ${suggest(line)}`),
    ...gateLines(gates, colors, suggest),
    ...(next === null ? [] : [`${colors.bold("Next:")} ${suggest(next)}`]),
  ].join("\n");
}

/** `29.9M rows, 12 GB WAL, 86% HOT, lag 1.2 s`. */
function filledText({ rows, walBytes, hotShare, lagMs }: NonNullable<StatusReport["filled"]>): string {
  return [
    `${count(rows)} rows`,
    `${size(walBytes)} WAL`,
    ...(hotShare === null ? [] : [`${Math.round(hotShare * 100)}% HOT`]),
    ...(lagMs === null ? [] : [`lag ${elapsed(lagMs)}`]),
  ].join(", ");
}

/** What the contract asks for, a line each. */
export function gateLines(gates: StatusReport["gates"], colors: Colors, suggest: Suggest): string[] {
  return gates.map(
    ({ gate, ok, detail }) => `  ${gateMark(ok, colors)} ${printable(gate)}: ${suggest(printable(detail))}`,
  );
}

function progressOf({ progress, state }: PlanStatus): string {
  if (state === "completed" || state === "reversed" || state === "pending") return "–";
  if (progress === null || progress.total === 0) return "–";
  const percent = (Math.floor((progress.done / progress.total) * 1_000) / 10).toFixed(1);
  return `${percent}% (${progress.done}/${progress.total} ${progress.unit})`;
}
