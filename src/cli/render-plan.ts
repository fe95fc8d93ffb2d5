import type { PlanReport, Program, Step } from "../index.ts";
import { formatDuration } from "../index.ts";
import type { Context } from "./context.ts";
import { printable } from "./printable.ts";
import { table } from "./table.ts";
import type { Colors } from "./terminal.ts";
import { count, size } from "./units.ts";

/** What a plan will do on this database, phase by phase. */
export function renderPlan(report: PlanReport, { output, suggest }: Pick<Context, "output" | "suggest">): string {
  const { program, plan, rollout } = report;
  const { bold, dim, yellow } = output.colors;
  const description = program.description === "" ? "" : `: ${printable(program.description)}`;
  return [
    `${bold(printable(plan))}${description}`,
    rollout === null
      ? dim("Compiled against this database. Nothing was changed.")
      : dim(`In flight: ${rollout.state}, as compiled at ${rollout.createdAt.toISOString()}.`),
    ...tableLines(report),
    ...phase("expand", program.expand, output.colors),
    ...phase("backfill", program.backfill, output.colors, program),
    ...contractLines(program, output.colors),
    ...(program.warnings.length === 0 ? [] : ["", bold("Warnings")]),
    ...program.warnings.map((warning) => `  ${yellow("!")} ${suggest(printable(warning))}`),
    "",
    reversibility(program),
    ...program.losses.map(({ what, flag }) => `  A reversal asks for ${flag} if there are ${printable(what)}.`),
    `${bold("Next:")} ${suggest(`segue ${rollout === null ? "expand" : "status"} ${plan}`)}; ${dim("--sql shows the statements, --explain the explicit form")}`,
  ].join("\n");
}

function tableLines({ tables }: PlanReport): string[] {
  if (tables.length === 0) return [];
  const rows = tables.map(({ name, estimatedRows, bytes }) => [
    name,
    estimatedRows < 0 ? "rows unknown (never analysed)" : `~${count(estimatedRows)} rows`,
    size(bytes),
  ]);
  return ["", ...table(rows).map((line) => `  ${line}`)];
}

function phase(name: string, steps: readonly Step[], colors: Colors, program?: Program): string[] {
  const head = ["", colors.bold(name)];
  if (steps.length === 0) return [...head, "  nothing"];
  return [...head, ...steps.flatMap((step) => stepLines(step, colors, program))];
}

function stepLines(step: Step, colors: Colors, program?: Program): string[] {
  const lines = [`  ${printable(step.title)}`, `      ${colors.dim(costOf(step, program))}`];
  if (step.irreversible !== undefined)
    lines.push(`      ${colors.red("can't be taken back")}: ${printable(step.irreversible)}`);
  if (step.stays !== undefined) lines.push(`      ${colors.yellow("stays when reversed")}: ${printable(step.stays)}`);
  return lines;
}

function costOf(step: Step, program?: Program): string {
  switch (step.kind) {
    case "transaction": {
      const work = [step.rewrites ? "rewrites the table" : null, step.scans ? "reads every row" : null].filter(
        (part) => part !== null,
      );
      const rows = work.length === 0 ? "no scan, no rewrite" : work.join(" and ");
      return `${locksOf(step)}${step.patience === "short" ? "" : ", waits long"}; ${rows}`;
    }
    case "concurrent":
      return `${locksOf(step)}; concurrently, writers go on`;
    case "fill":
    case "rows": {
      const time = program === undefined ? "" : ` of about ${formatDuration(program.settings.backfill.batch_time)}`;
      return `in batches${time}, resumable; row locks only${step.userTriggers === "fire" ? ", user triggers fire" : ""}`;
    }
    default:
      return step satisfies never;
  }
}

/** A versioned schema has a view of every table; `--json` has all of them. */
const SHOWN_LOCKS = 12;

function locksOf({ locks }: Pick<Extract<Step, { kind: "transaction" }>, "locks">): string {
  if (locks.length === 0) return "no lock on a table that stood before";
  const said = locks.map(({ mode, relation }) => `${mode} on ${printable(`${relation.schema}.${relation.name}`)}`);
  const more = said.length - SHOWN_LOCKS;
  return more <= 1 ? said.join(", ") : `${said.slice(0, SHOWN_LOCKS).join(", ")} and ${more} more`;
}

function contractLines(program: Program, colors: Colors): string[] {
  const { cutover, drop, gates, soak, verify } = program;
  if (cutover.length + drop.length === 0) return ["", colors.bold("contract"), "  nothing"];
  return [
    "",
    colors.bold("contract"),
    ...verify.map(({ title }) => `  ? ${printable(title)}`),
    ...gates.map((gate) =>
      gate.kind === "approval"
        ? `  ? approval by ${printable(gate.by)}`
        : `  ? ${printable(gate.sql)} is ${printable(gate.is)}`,
    ),
    ...cutover.flatMap((step) => stepLines(step, colors)),
    ...(soak === null || drop.length === 0 ? [] : [`  soak for ${formatDuration(soak)}`]),
    ...drop.flatMap((step) => stepLines(step, colors)),
  ];
}

function reversibility(program: Program): string {
  const all = [...program.expand, ...program.backfill, ...program.cutover];
  if (all.some(({ irreversible }) => irreversible !== undefined))
    return "Not all of it can be taken back: see the marked steps.";
  if (all.some(({ stays }) => stays !== undefined))
    return "Can be taken back but for what stays: see the marked steps.";
  if (program.drop.length === 0) return "Can be taken back at any time.";
  return "Can be taken back in one go until the drop; after it by an inverse rollout.";
}
