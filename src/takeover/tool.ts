import type { Plan } from "../model/plan.ts";

/** The tools whose history Segue takes over, as `--from` names them. */
export const TOOL_NAMES = ["node-pg-migrate", "golang-migrate", "dbmate", "goose", "supabase", "prisma"] as const;
export type ToolName = (typeof TOOL_NAMES)[number];

/** A tool that runs SQL files in order, and keeps a table of what it ran. One file a tool. */
export interface Tool {
  readonly name: ToolName;
  /** Where that table stands unless the tool was told otherwise; `schema: null` is the schema of the plans. */
  readonly table: { readonly schema: string | null; readonly name: string };
  /** A table without one of these is not this tool's. */
  readonly columns: readonly string[];
  /** Nor is one that has one of these: other tools have a table of the same name. */
  readonly foreign: readonly string[];
  /** Whether the file is in the form in which this tool runs files. */
  runs(plan: Plan): boolean;
  /** By what the table names a file: the digits in front, as a number, or the whole name. */
  readonly names: "version" | "id";
  /** True if the table holds nothing but the last one that was applied. */
  readonly onlyLast: boolean;
  /** The SELECT of what stands applied; its rows are {@link HistoryRow}. Reads only. */
  query(table: string): string;
  /** What settles a migration that the tool stopped in the middle of, by the tool's own means; without it there is none. */
  repair?(name: string): string;
}

/** A migration that stands applied, or half applied. */
export interface HistoryRow {
  readonly name: string;
  /** null where the tool does not record it. */
  readonly at: Date | null;
  /** The tool began it, and does not know whether it is done. */
  readonly stuck: boolean;
}
