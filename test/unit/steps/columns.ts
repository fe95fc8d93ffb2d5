import type { Column, Table } from "../../../src/model/catalog.ts";
import { columnOf, constraintOf, tableOf } from "./carry-catalog.ts";

/** A partitioned table with a column under a name that needs quotes. */
export const EVENTS: Table = tableOf("events", {
  schema: "Sales",
  kind: "partitioned",
  columns: [columnOf("id", "bigint", { notNull: true }), columnOf("Kind", "character varying(10)", { notNull: true })],
  constraints: [constraintOf("primary key", "events_pkey", "PRIMARY KEY (id)", ["id"])],
  partitions: [
    { name: { schema: "Sales", name: "events_1" }, parent: { schema: "Sales", name: "events" }, leaf: true },
  ],
});

/** Its one partition. */
export const EVENTS_1: Table = tableOf("events_1", {
  schema: "Sales",
  kind: "partition",
  parent: { schema: "Sales", name: "events" },
  columns: EVENTS.columns.map((column): Column => ({ ...column, inherited: true })),
});
