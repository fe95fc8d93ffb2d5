import { z } from "zod";
import { SegueError } from "../model/errors.ts";
import type { UndoStep } from "../model/step.ts";
import { type Statement, splitStatements } from "../sql/statements.ts";
import { concurrentProbe } from "./concurrent-probe.ts";
import type { Draft, StepKind } from "./step-kind.ts";

/** What an `sql` entry takes, in operations and in explicit phases. */
export const sqlFields = z
  .strictObject({
    up: z.string().min(1, "a script can't be empty").describe("SQL statements, run in order."),
    down: z.string().optional().describe("What a reversal runs. Without it the plan can't be reversed."),
    transaction: z
      .boolean()
      .optional()
      .describe("Default: one transaction, unless a statement can't be in one. `false`: each statement by itself."),
  })
  .describe("Runs SQL as it is written.");
export type SqlFields = z.infer<typeof sqlFields>;

/** A step of a script, without the name and the undo that the two directions give it. */
type Bare = { readonly title: string; readonly table: null } & (
  | { readonly kind: "transaction"; readonly statements: readonly string[] }
  | { readonly kind: "concurrent"; readonly statement: string; readonly parsed: Statement }
);

/**
 * One transaction if every statement can be in one, so that it happens as a whole or not at all; else statement by
 * statement, each journaled. What it locks is not known: its locks are asked for with the short lock_timeout.
 */
export const sqlStep = {
  kind: "sql",
  fields: sqlFields,
  phases: ["expand", "backfill", "contract"],
  tables: () => [],
  touches: () => [],
  lower(written, { catalog, phase }) {
    const steps = split(written.up, written.transaction);
    const undo = undoOf(written, catalog.defaultSchema);
    // The whole `down` stands with the first step, which a reversal comes to last, once.
    const drafts = steps.map((step, position): Draft => ({
      ...draftOf(step, catalog.defaultSchema),
      ...(position === 0 ? undo : { ...undo, undo: [] }),
    }));
    const warnings = lastingSettings(written);
    switch (phase) {
      case "expand":
        return { expand: drafts, warnings };
      case "backfill":
        return { backfill: drafts, warnings };
      case "contract":
        return { cutover: drafts, warnings };
      default:
        return phase satisfies never;
    }
  },
} satisfies StepKind<SqlFields>;

function undoOf(written: SqlFields, schema: string): { undo: readonly UndoStep[]; irreversible?: string } {
  if (written.down === undefined) return { undo: [], irreversible: "the plan gives no `down` for this SQL" };
  return { undo: split(written.down, written.transaction).map((step) => ({ id: "", ...draftOf(step, schema) })) };
}

function split(script: string, transaction: boolean | undefined): readonly Bare[] {
  const statements = splitStatements(script);
  for (const { offset, refusal, sql } of statements) {
    if (refusal !== null)
      throw new SegueError("SEG0004", { message: refusal, object: firstLine(sql), detail: { offset } });
  }
  const alone = statements.find((statement) => !statement.transactional);
  if (transaction === true && alone !== undefined) {
    throw new SegueError("SEG0004", {
      message: `${firstLine(alone.sql)} can't run in a transaction, which \`transaction: true\` asks for`,
      detail: { offset: alone.offset },
      next: "Leave `transaction` out, or put this statement into an `sql` entry of its own.",
    });
  }
  const [first] = statements;
  if (first === undefined) return [];
  if (transaction !== false && alone === undefined) {
    const more = statements.length === 1 ? "" : ` (and ${statements.length - 1} more)`;
    return [
      {
        kind: "transaction",
        title: firstLine(first.sql) + more,
        table: null,
        statements: statements.map(({ sql }) => sql),
      },
    ];
  }
  return statements.map((parsed): Bare => {
    const common = { title: firstLine(parsed.sql), table: null };
    if (parsed.transactional) return { ...common, kind: "transaction", statements: [parsed.sql] };
    return { ...common, kind: "concurrent", statement: parsed.sql, parsed };
  });
}

function draftOf(step: Bare, schema: string) {
  if (step.kind === "transaction") {
    return { ...step, locks: [], patience: "short", scans: false, rewrites: false } as const;
  }
  const { kind, parsed, statement, table, title } = step;
  return { kind, title, table, statement, probe: concurrentProbe(parsed.sql, schema), locks: [] } as const;
}

/** A plain SET outlasts its transaction, and would hold for the steps after it. */
function lastingSettings({ down = "", up }: SqlFields): readonly string[] {
  return [...splitStatements(up), ...splitStatements(down)]
    .filter(({ kind, sql }) => kind === "VariableSetStmt" && !/^set\s+(local|transaction|constraints)\b/i.test(sql))
    .map(({ sql }) => `${firstLine(sql)} stays in force for the steps after it: write SET LOCAL`);
}

const TITLE_LENGTH = 72;

function firstLine(sql: string): string {
  const line = sql.replaceAll(/\s+/g, " ");
  if (line.length <= TITLE_LENGTH) return line;
  // Not through the middle of a surrogate pair.
  return `${line.slice(0, TITLE_LENGTH - 1).replace(/[\uD800-\uDBFF]$/, "")}…`;
}
