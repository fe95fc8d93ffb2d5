import { isOneFile } from "./one-file.ts";
import type { Tool } from "./tool.ts";

/** Names each migration by its file's name; undoing one deletes its row. */
export const nodePgMigrate: Tool = {
  name: "node-pg-migrate",
  table: { schema: null, name: "pgmigrations" },
  columns: ["id", "name", "run_on"],
  foreign: [],
  runs: ({ file, marks }) => marks === "node-pg-migrate" || (marks === undefined && isOneFile(file)),
  names: "id",
  onlyLast: false,
  // run_on has no zone: it is the time of the session that wrote it.
  query: (table) => `SELECT name::text, run_on::timestamptz AS at, false AS stuck FROM ${table} ORDER BY run_on, id`,
};
