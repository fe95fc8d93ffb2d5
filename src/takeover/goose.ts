import type { Tool } from "./tool.ts";

/**
 * Adds a row each time that a version is applied or taken back, so the last row of a version counts; newer ones delete the
 * row instead. Version 0 stands for the table itself.
 */
export const goose: Tool = {
  name: "goose",
  table: { schema: null, name: "goose_db_version" },
  columns: ["id", "version_id", "is_applied", "tstamp"],
  foreign: [],
  runs: ({ marks }) => marks === "goose",
  names: "version",
  onlyLast: false,
  query: (table) => `SELECT version_id::text AS name, tstamp::timestamptz AS at, false AS stuck
  FROM (SELECT DISTINCT ON (version_id) version_id, is_applied, tstamp FROM ${table} ORDER BY version_id, id DESC) last
 WHERE is_applied AND version_id <> 0 ORDER BY version_id`,
};
