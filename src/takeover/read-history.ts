import { SegueError } from "../model/errors.ts";
import type { Plan } from "../model/plan.ts";
import { relationKey } from "../model/relation.ts";
import type { Session } from "../postgres/session.ts";
import { qualified } from "../sql/identifier.ts";
import { findHistory, type HistoryRequest } from "./find-history.ts";
import type { HistoryRow, Tool, ToolName } from "./tool.ts";

/** What a tool has applied of the files of a folder. */
export interface History {
  readonly tool: ToolName;
  /** `public.goose_db_version` */
  readonly table: string;
  /** In the order of the files. */
  readonly applied: readonly { readonly plan: Plan; readonly at: Date | null }[];
  /** Applied migrations without a file, as the tool names them. */
  readonly missing: readonly string[];
}

/**
 * Reads a tool's history and brings each migration of it to its file.
 *
 * @throws SegueError SEG0601 if there is none, or more than one, or if the tool stopped in the middle of a migration
 */
export async function readHistory(session: Session, request: HistoryRequest): Promise<History> {
  const { tool, table } = await findHistory(session, request);
  const { rows } = await session.query<HistoryRow>(tool.query(qualified(table)));
  const stuck = rows.find((row) => row.stuck);
  if (stuck !== undefined) throw halfApplied(tool, stuck.name);
  const files = new Map(
    request.plans.filter(({ form }) => form === "sql").map((plan) => [keyOf(tool, plan.id), plan] as const),
  );
  const at = new Map(rows.map((row) => [keyOf(tool, row.name), row.at] as const));
  const last = tool.onlyLast ? rows[0]?.name : undefined;
  const applied = [...files].filter(([key]) => at.has(key) || (last !== undefined && BigInt(key) <= BigInt(last)));
  return {
    tool: tool.name,
    table: relationKey(table),
    applied: applied.map(([key, plan]) => ({ plan, at: at.get(key) ?? null })),
    missing: rows.filter(({ name }) => !files.has(keyOf(tool, name))).map(({ name }) => name),
  };
}

/** A version is a number: `007` and `7` are the same. */
function keyOf({ names }: Tool, name: string): string {
  const version = names === "version" ? /^\d+/.exec(name)?.[0] : undefined;
  return version === undefined ? name : String(BigInt(version));
}

function halfApplied(tool: Tool, name: string): SegueError {
  const repair = tool.repair?.(name);
  return new SegueError("SEG0601", {
    message: `${tool.name} began ${name} and did not finish it: it runs now, or it failed`,
    object: name,
    ...(repair === undefined ? {} : { next: `let it finish; if it failed, ${repair}. Then import again` }),
  });
}
