import { isOneFile } from "./one-file.ts";
import type { Tool } from "./tool.ts";

/** Keeps the version of each migration, and since 2023 its name and its statements; no times. */
export const supabase: Tool = {
  name: "supabase",
  table: { schema: "supabase_migrations", name: "schema_migrations" },
  columns: ["version"],
  foreign: ["dirty", "inserted_at"],
  runs: ({ file, marks }) => marks === undefined && isOneFile(file),
  names: "version",
  onlyLast: false,
  // The column `name` is not there in older tables.
  query: (table) => `SELECT version || coalesce('_' || nullif(to_jsonb(history)->>'name', ''), '') AS name,
       NULL::timestamptz AS at, false AS stuck
  FROM ${table} AS history ORDER BY version`,
};
