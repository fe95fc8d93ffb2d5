import { basename } from "node:path";
import type { Tool } from "./tool.ts";

/**
 * Keeps a row of each attempt: applied if it finished, failed (or running) if it did not, and no longer of interest once it
 * was marked as rolled back.
 */
export const prisma: Tool = {
  name: "prisma",
  table: { schema: null, name: "_prisma_migrations" },
  columns: ["migration_name", "started_at", "finished_at", "rolled_back_at"],
  foreign: [],
  runs: ({ file }) => basename(file) === "migration.sql",
  names: "id",
  onlyLast: false,
  query: (
    table,
  ) => `SELECT migration_name::text AS name, max(finished_at)::timestamptz AS at, bool_or(finished_at IS NULL) AS stuck
  FROM ${table} WHERE rolled_back_at IS NULL GROUP BY migration_name ORDER BY migration_name`,
  repair: (name) => `prisma migrate resolve --applied ${name}, or --rolled-back ${name}`,
};
