import type { Command } from "commander";
import { EXIT, type ExitCode, type HistoryReport } from "../../index.ts";
import type { Context } from "../context.ts";
import type { DeclareCommand } from "../declare-command.ts";
import { shortened } from "../printable.ts";
import { table } from "../table.ts";
import { elapsed, moment } from "../units.ts";

/** `segue history [plan]` */
export const declareHistory: DeclareCommand = (program, run) => {
  program
    .command("history")
    .argument("[plan]", "its id, file, version or name; else all plans")
    .description("the journal: who did what, and when")
    .action(async (plan: string | undefined, _: object, command: Command) => {
      await run(command, (context) => history(context, plan));
    });
};

async function history({ segue, output }: Context, plan: string | undefined): Promise<ExitCode> {
  const reports = await segue.history(plan);
  for (const report of reports) {
    const lines = linesOf(report);
    output.result(
      "rollout",
      { plan: report.plan, rollout: report.rollout, state: report.state },
      output.colors.bold(`${report.plan} (rollout ${report.rollout}, ${report.state})`),
    );
    for (const [index, { id, time, type, actor, detail }] of report.events.entries()) {
      const fields = { plan: report.plan, rollout: report.rollout, id, at: time, event: type, actor, detail };
      output.result("history", fields, `  ${lines[index] ?? ""}`);
    }
  }
  if (reports.length === 0) output.result("history_end", { rollouts: 0 }, "Nothing has run yet.");
  return EXIT.done;
}

function linesOf({ events }: HistoryReport): string[] {
  return table(events.map(({ time, type, actor, detail }) => [moment(time), actor, type, gist(detail)]));
}

/** What of an event's detail fits in a line; `--json` has all of it. */
function gist(detail: Readonly<Record<string, unknown>>): string {
  const { tried, settled, left } = detail;
  if (typeof tried === "number") return `${String(settled)} of ${tried} rows settled, ${String(left)} left`;
  const { title, from, to, applied_at: appliedAt, reason, level, method, throttledMs, ratio, until, owner } = detail;
  if (appliedAt === null) return "";
  if (typeof appliedAt === "string") return `applied ${moment(new Date(appliedAt))}`;
  if (typeof title === "string") return shortened(title, 100);
  if (typeof from === "string" && typeof to === "string") return `${from} → ${to}`;
  if (typeof reason === "string" && typeof method === "string") return shortened(`${method}: ${reason}`, 160);
  if (typeof reason === "string") return shortened(level === "slow" ? `slow: ${reason}` : reason, 160);
  if (typeof ratio === "number")
    return `ratio ${ratio}${typeof until === "string" ? ` until ${moment(new Date(until))}` : ""}`;
  if (typeof throttledMs === "number" && owner === undefined)
    return throttledMs === 0 ? "" : `after ${elapsed(throttledMs)} throttled`;
  return Object.keys(detail).length === 0 ? "" : shortened(JSON.stringify(detail), 100);
}
