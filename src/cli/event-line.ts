import type { BlockerInfo, SegueEvent } from "../index.ts";
import { gateMark } from "./gate-mark.ts";
import { printable, shortened } from "./printable.ts";
import type { Colors } from "./terminal.ts";
import { elapsed } from "./units.ts";

/**
 * One line for an event that people should read as it happens; null for what the progress line or the result tells.
 *
 * @param age milliseconds for which it has lasted, where that is to be told
 */
export function eventLine(event: SegueEvent, colors: Colors, age?: number): string | null {
  const mark = colors.yellow("!");
  switch (event.type) {
    case "lease_taken":
      if (event.previous === null) return null;
      return `${mark} took over from ${printable(event.previous)}, which had died or hung`;
    case "orphan_settled":
      return `${mark} pid ${event.pid}, left by an earlier runner: ${printable(event.deed)}${event.query === null ? "" : ` (${shortened(event.query, 60)})`}`;
    case "step_done":
      return `${colors.green("✔")} ${printable(event.title)}  ${colors.dim(elapsed(event.ms))}`;
    case "lock_wait":
      return `${colors.yellow("↻")} waiting for a lock, attempt ${event.attempt}, ${elapsed(event.waited)}${blockedBy(event.blockers)}`;
    case "rows_locked":
      return `${colors.yellow("↻")} ${printable(event.table)}: rows are locked, back to them later${blockedBy(event.blockers)}`;
    case "reconnecting":
      return `${mark} connection lost, attempt ${event.attempt} to reconnect in ${elapsed(event.delay)}: ${printable(event.reason)}`;
    case "throttled":
      return `${mark} ${event.level === "stop" ? "throttled" : "slow"}${age === undefined ? "" : ` ${elapsed(age)}`}: ${printable(event.reason)}`;
    case "workers":
      return `${colors.dim("·")} ${event.workers} worker${event.workers === 1 ? "" : "s"}: ${printable(event.reason)}`;
    case "paused":
      return `${mark} paused on request (segue unpause ${event.plan})`;
    case "resumed":
      return `${mark} goes on${event.throttledMs === 0 ? "" : `, after ${elapsed(event.throttledMs)} throttled`}`;
    case "restarted":
      return `${mark} ${printable(event.table)} was rewritten meanwhile: its blocks are read from the start again`;
    case "quarantined":
      return `${mark} ${printable(event.table)} ${printable(event.key)} was put aside: ${printable(event.error)} (SQLSTATE ${event.sqlstate})`;
    case "method_changed":
      return event.hotShare === null
        ? `${colors.dim("·")} ${printable(event.table)}: stripes again (${printable(event.reason)})`
        : `${mark} ${printable(event.table)}: only ${Math.round(event.hotShare * 100)}% of the updates were HOT, so plain ranges from here on: ${printable(event.reason)}`;
    case "vacuumed":
      return `${colors.dim("·")} ${printable(event.table)}: vacuumed in ${elapsed(event.ms)}`;
    case "verified": {
      const ok = event.mismatches === 0;
      return `${ok ? colors.green("✔") : colors.red("✖")} verified ${printable(event.table)}: ${event.rows} rows, ${event.mismatches} mismatches`;
    }
    case "catalog_differs":
      return [
        `${mark} the catalog is not what it was before expand. What other rollouts and other people changed meanwhile shows here too:`,
        ...event.differences.map((difference) => `    ${printable(difference)}`),
      ].join("\n");
    case "stays":
      return event.what.map((what) => `${mark} stays: ${printable(what)}`).join("\n");
    case "gate":
      return `${gateMark(event.ok, colors)} ${printable(event.gate)}: ${printable(event.detail)}`;
    case "state":
    case "step_started":
    case "progress":
    case "build_progress":
    case "swept":
      return null;
    default:
      return event satisfies never;
  }
}

function blockedBy(blockers: readonly BlockerInfo[]): string {
  if (blockers.length === 0) return "";
  const named = blockers.slice(0, 3).map(blocker);
  const more = blockers.length > named.length ? ` and ${blockers.length - named.length} more` : "";
  return `; blocked by ${named.join(", ")}${more}`;
}

function blocker({ pid, user, application, state, transactionAge, query }: BlockerInfo): string {
  // It has no process.
  if (pid === 0) return "a prepared transaction (see pg_prepared_xacts)";
  const age = transactionAge === null ? null : `for ${elapsed(transactionAge * 1_000)}`;
  const who = [application, user, state, age]
    .filter((part) => part !== null && part !== "")
    .map((part) => printable(part ?? ""));
  return `pid ${pid}${who.length === 0 ? "" : ` (${who.join(", ")})`}${query === null || query === "" ? "" : `: ${shortened(query, 60)}`}`;
}
