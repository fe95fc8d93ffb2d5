import type pg from "pg";
import { stringify } from "yaml";
import { journalScript } from "../../src/journal/install.ts";
import type { DatabaseTemplate } from "../support/postgres.ts";
import type { Change, DrawnSchema, DrawnTraffic, TurningPoint } from "./model.ts";
import { ident, renderSchema } from "./schema.ts";

/** A change of a table, with what its application does, and where it is taken back. */
export interface DrawnLife {
  readonly schema: DrawnSchema;
  readonly change: Change;
  readonly traffic: DrawnTraffic;
  readonly turn: TurningPoint;
}

/** A database with what every life has: the journal, and a place for the twin and for what the test remembers. */
export const TEMPLATE: DatabaseTemplate = {
  name: "property",
  async script(client: pg.Client) {
    await client.query(`DO $do$ BEGIN CREATE ROLE segue_test_reader; EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL; END $do$;
      CREATE SCHEMA twin; CREATE SCHEMA oracle`);
    await client.query(journalScript());
  },
};

/** The table, its twin, and their rows. */
export function scriptOf({ schema, change: { added = [], twin, types = [] } }: DrawnLife): string {
  const extra = added.map(({ name, type, value }) => `${ident(name)} ${type} DEFAULT ${value}`);
  return [
    renderSchema(schema, "public"),
    ...types.map((sql) => `${sql};`),
    renderSchema(schema, "twin", extra),
    ...(twin?.(`twin.${ident(schema.table)}`) ?? []).map((sql) => `${sql};`),
  ].join("\n");
}

export function planOf({ operations, versioned }: Change): string {
  return stringify({ operations, ...(versioned === true ? { views: true } : {}) });
}
