import { type Problem, SegueError } from "../model/errors.ts";
import type { Plan } from "../model/plan.ts";
import { relationKey, type RelationName } from "../model/relation.ts";
import type { Session } from "../postgres/session.ts";
import type { Tool, ToolName } from "./tool.ts";
import { TOOLS } from "./tools.ts";

/** Whose history is looked for, and where. */
export interface HistoryRequest {
  /** The files that the tool ran from. */
  readonly plans: readonly Plan[];
  /** null: told by the tables that stand and the form of the files. */
  readonly from: ToolName | null;
  /** The tool's table, if it was given another name than usual. */
  readonly table: RelationName | null;
  /** Where the tool's table stands unless it has a schema of its own. */
  readonly schema: string;
}

/** A tool and the table that it kept in this database. */
export interface Found {
  readonly tool: Tool;
  readonly table: RelationName;
}

/**
 * Finds the one tool that ran these files here.
 *
 * @throws SegueError SEG0601 if there is none, or more than one
 */
export async function findHistory(session: Session, request: HistoryRequest): Promise<Found> {
  const { from, plans } = request;
  const asked = TOOLS.filter(({ name }) => from === null || name === from).map((tool) => ({
    tool,
    table: request.table ?? { schema: tool.table.schema ?? request.schema, name: tool.table.name },
  }));
  const columns = await columnsOf(
    session,
    asked.map(({ table }) => table),
  );
  const standing = asked.filter(({ tool, table }) => isToolsOwn(tool, columns.get(relationKey(table)) ?? []));
  if (standing.length === 0) throw none(request, asked);
  const files = plans.filter(({ form }) => form === "sql");
  // A word for the tool is a word for the files, too.
  const fitting = standing.filter(({ tool }) => from !== null || files.some((plan) => tool.runs(plan)));
  const [found, ...more] = fitting;
  if (found === undefined) throw unlike(standing);
  if (more.length > 0) throw several(fitting);
  return found;
}

async function columnsOf(
  session: Session,
  tables: readonly RelationName[],
): Promise<ReadonlyMap<string, readonly string[]>> {
  const { rows } = await session.query<{ schema: string; name: string; columns: readonly string[] }>(
    `SELECT n.nspname AS schema, c.relname AS name, array_agg(a.attname::text) AS columns
       FROM unnest($1::text[], $2::text[]) AS wanted (schema, name)
       JOIN pg_namespace n ON n.nspname = wanted.schema
       JOIN pg_class c ON c.relnamespace = n.oid AND c.relname = wanted.name AND c.relkind IN ('r', 'p')
       JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
      GROUP BY 1, 2`,
    [tables.map(({ schema }) => schema), tables.map(({ name }) => name)],
  );
  return new Map(rows.map((row) => [relationKey(row), row.columns]));
}

function isToolsOwn({ columns, foreign }: Tool, standing: readonly string[]): boolean {
  return columns.every((name) => standing.includes(name)) && !foreign.some((name) => standing.includes(name));
}

function none({ from, table }: HistoryRequest, asked: readonly Found[]): SegueError {
  const whose = from ?? "any tool that Segue knows";
  return new SegueError("SEG0601", {
    message:
      table === null
        ? `this database has no history of ${whose}`
        : `${relationKey(table)} is not there, or not the table of ${whose}`,
    problems: asked.map(placed),
    next: `give its table with --table, and the tool with --from; a database that no tool has a history of is taken over with segue baseline`,
  });
}

function unlike(standing: readonly Found[]): SegueError {
  return new SegueError("SEG0601", {
    message: "no file of this folder is in the form of the tool that has a history in this database",
    problems: standing.map(placed),
    next: "give the folder that it ran from, or say with --from that it did run these files",
  });
}

function several(found: readonly Found[]): SegueError {
  return new SegueError("SEG0601", {
    message: "more than one tool may have run these files",
    problems: found.map(placed),
    next: `say which with --from ${found.map(({ tool }) => tool.name).join(" or --from ")}`,
  });
}

function placed({ tool, table }: Found): Problem {
  return { message: `${tool.name}: ${relationKey(table)} (${tool.columns.join(", ")})` };
}
