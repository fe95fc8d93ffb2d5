import type { UndoStep } from "../model/step.ts";
import { VERSION_MARK, type Version } from "../model/versioned.ts";
import { ident, qualified } from "../sql/identifier.ts";
import { dollarQuote, literal } from "../sql/literal.ts";
import type { ShownTable } from "./shown-tables.ts";
import type { Draft } from "./step-kind.ts";
import { versionRights } from "./version-rights.ts";

type Body = Pick<Extract<Draft, { kind: "transaction" }>, "title" | "statements" | "locks">;

const common = {
  kind: "transaction",
  // It is about many tables; no statement has a word that a search path gives a meaning to.
  table: null,
  patience: "short",
  scans: false,
  rewrites: false,
} as const;

const undoing = (body: Body): UndoStep => ({ id: "", ...common, ...body });

/** The schema with its views, in one transaction: nobody sees half of it. */
export function makeVersion(of: string, schema: string, shown: readonly ShownTable[], major: number): Draft {
  // Since 15 rights and row security are those of who uses the view.
  const options = major >= 15 ? " WITH (security_invoker = true)" : "";
  const views = shown.map(({ as, columns, table }) => {
    const list = columns.map(({ as: name, column }) => ident(column) + (name === column ? "" : ` AS ${ident(name)}`));
    return `CREATE VIEW ${qualified({ schema, name: as })}${options} AS SELECT ${list.join(", ")} FROM ${qualified(table)}`;
  });
  return {
    ...common,
    title: `create schema ${schema} with views of the tables of ${of}`,
    statements: [
      `CREATE SCHEMA ${ident(schema)}`,
      `COMMENT ON SCHEMA ${ident(schema)} IS ${literal(VERSION_MARK + of)}`,
      ...views,
      versionRights(of, schema, shown),
    ],
    locks: shown.map(({ table }) => ({ relation: table, mode: "ACCESS SHARE" })),
    undo: [
      undoing(
        removal(
          schema,
          schema,
          shown.map(({ as }) => as),
        ),
      ),
    ],
  };
}

/** Takes a version of before out of sight: its name is what applications know of it, and is all that changes. */
export function hideVersion({ schema, hidden }: Version["replaces"][number]): Draft {
  const rename = (from: string, to: string): string =>
    `DO ${dollarQuote(`
BEGIN
  IF to_regnamespace(${literal(ident(from))}) IS NOT NULL THEN
    ALTER SCHEMA ${ident(from)} RENAME TO ${ident(to)};
  END IF;
END
`)}`;
  return {
    ...common,
    title: `hide schema ${schema}`,
    statements: [rename(schema, hidden)],
    locks: [],
    undo: [undoing({ title: `show schema ${schema} again`, statements: [rename(hidden, schema)], locks: [] })],
  };
}

/** Drops a hidden version for good: before the columns and tables that its views show. */
export function dropVersion({ schema, hidden, views }: Version["replaces"][number]): Draft {
  return { ...common, ...removal(schema, hidden, views), undo: [], irreversible: "the soak has ended" };
}

/** Not by CASCADE: what a person has made in it or over it is not Segue's. */
function removal(called: string, schema: string, views: readonly string[]): Body {
  const names = views.map((name) => ({ schema, name }));
  return {
    title: `drop schema ${called}`,
    statements: [
      ...(names.length === 0 ? [] : [`DROP VIEW IF EXISTS ${names.map(qualified).join(", ")}`]),
      `DROP SCHEMA IF EXISTS ${ident(schema)}`,
    ],
    locks: names.map((relation) => ({ relation, mode: "ACCESS EXCLUSIVE" })),
  };
}
