import type { PlanReport, Step } from "../index.ts";
import { formatDuration } from "../index.ts";
import { printable } from "./printable.ts";

/** The statements of a program in their order, for reading: locks, retries, batches and the journal are the runner's. */
export function renderScript({ plan, program }: PlanReport): string {
  const { expand, backfill, cutover, drop, soak, verify } = program;
  return [
    `-- ${printable(plan)}: what segue runs, for reading. Batches, retries, lock timeouts and the journal are not in it.`,
    ...section("expand", expand),
    ...section("backfill", backfill),
    ...(verify.length === 0 ? [] : ["", "-- contract: verification"]),
    ...verify.flatMap(({ title, table, mismatch }) => [
      `-- ${printable(title)}`,
      `SELECT count(*) FROM ${name(table.schema)}.${name(table.name)} AS segue_row WHERE ${mismatch};`,
    ]),
    ...section("contract: cut-over", cutover),
    ...(soak === null || drop.length === 0 ? [] : ["", `-- soak for ${formatDuration(soak)}`]),
    ...section("contract: drop", drop),
  ].join("\n");
}

function section(title: string, steps: readonly Step[]): string[] {
  if (steps.length === 0) return [];
  return ["", `-- ${title}`, ...steps.flatMap(statements)];
}

function statements(step: Step): string[] {
  const head = `-- ${printable(step.title)}`;
  switch (step.kind) {
    case "transaction":
      return [head, "BEGIN;", ...step.statements.map(ended), "COMMIT;"];
    case "concurrent":
      return [head, ended(step.statement)];
    case "fill": {
      const set = step.set.map(({ column, value }) => `${name(column)} = ${value}`).join(", ");
      return [
        `${head}, in batches`,
        `UPDATE ${name(step.table.schema)}.${name(step.table.name)} AS segue_row SET ${set} WHERE ${step.where};`,
      ];
    }
    case "rows":
      return [
        `${head}, in batches: each row that ${name(step.list.schema)}.${name(step.list.name)} names, once`,
        ...changeOf(step),
      ];
    default:
      return step satisfies never;
  }
}

function changeOf({ change, table }: Extract<Step, { kind: "rows" }>): string[] {
  const target = `${name(table.schema)}.${name(table.name)}`;
  switch (change.change) {
    case "update": {
      const set = change.set.map(({ column, value }) => `${name(column)} = ${value}`).join(", ");
      return [`UPDATE ${target} AS segue_target SET ${set} WHERE ${change.where};`];
    }
    case "delete":
      return [`DELETE FROM ${target} AS segue_target WHERE ${change.where};`];
    case "insert":
      return [];
    default:
      return change satisfies never;
  }
}

function ended(statement: string): string {
  const text = statement.trimEnd();
  return text.endsWith(";") ? text : `${text};`;
}

function name(text: string): string {
  return /^[a-z_][a-z0-9_]*$/.test(text) ? text : `"${text.replaceAll('"', '""')}"`;
}
