import type { Tool } from "./tool.ts";

/** Keeps the version of each migration, and no times; undoing one deletes its row. */
export const dbmate: Tool = {
  name: "dbmate",
  table: { schema: null, name: "schema_migrations" },
  columns: ["version"],
  // golang-migrate's and Ecto's.
  foreign: ["dirty", "inserted_at"],
  runs: ({ marks }) => marks === "dbmate",
  names: "version",
  onlyLast: false,
  query: (table) =>
    `SELECT version::text AS name, NULL::timestamptz AS at, false AS stuck FROM ${table} ORDER BY version`,
};
