import type { Tool } from "./tool.ts";

/** Keeps one row: the last version that was applied, so all before it are; `dirty` while a migration runs, or if it failed. */
export const golangMigrate: Tool = {
  name: "golang-migrate",
  table: { schema: null, name: "schema_migrations" },
  columns: ["version", "dirty"],
  foreign: [],
  runs: ({ file }) => file.endsWith(".up.sql"),
  names: "version",
  onlyLast: true,
  query: (table) => `SELECT version::text AS name, NULL::timestamptz AS at, dirty AS stuck FROM ${table}`,
  repair: (name) => `look what of it stands, settle the rest by hand, and then migrate force ${name}`,
};
