import type { Constraint, Index, Table } from "../model/catalog.ts";
import { relationKey } from "../model/relation.ts";
import { type Loss, ROW } from "../model/step.ts";
import { isTemporal } from "../sql/definition.ts";
import { ident, qualified } from "../sql/identifier.ts";
import { definitionBody } from "./index-definition-body.ts";
import { rowKey } from "./sync-verification.ts";

/**
 * Rows that were written while a constraint was away and that it would not take: a reversal is refused over them, because
 * the validation or the index build would fail at them. Nothing for a constraint that was not valid, and for one whose
 * violations no plain comparison finds: there the step itself fails.
 */
export function constraintLosses(
  table: Table,
  constraint: Constraint,
  index: Index | null,
): readonly Omit<Loss, "step">[] {
  const found = violations(table, constraint, index);
  if (found === null) return [];
  return [
    {
      what: `constraint ${constraint.name} of ${relationKey(table)} comes back, and some rows don't hold to it`,
      ...found,
      flag: null,
    },
  ];
}

function violations(
  table: Table,
  constraint: Constraint,
  index: Index | null,
): { readonly count: string; readonly sample: string } | null {
  const { columns, expression, kind, noInherit, references, valid } = constraint;
  if (!valid) return null;
  const rows = (from: string, where: string) => ({
    count: `SELECT count(*) FROM ${from} AS ${ROW} WHERE ${where}`,
    sample: `SELECT ${rowKey(table)} FROM ${from} AS ${ROW} WHERE ${where} LIMIT 5`,
  });
  const own = columns.map((column) => `${ROW}.${ident(column)}`);
  switch (kind) {
    case "check":
      return expression === null ? null : rows(`${noInherit ? "ONLY " : ""}${qualified(table)}`, `NOT (${expression})`);
    case "foreign key": {
      if (references === null || isTemporal(constraint.definition)) return null;
      const pairs = references.columns.map((column, at) => `segue_target.${ident(column)} = ${own[at] ?? ""}`);
      const missing = `NOT EXISTS (SELECT FROM ${qualified(references.table)} AS segue_target WHERE ${pairs.join(" AND ")})`;
      const given = own.map((column) => `${column} IS NOT NULL`);
      const whole = `${given.join(" AND ")} AND ${missing}`;
      if (references.match !== "full" || own.length === 1) return rows(qualified(table), whole);
      return rows(qualified(table), `(${whole}) OR (num_nulls(${own.join(", ")}) BETWEEN 1 AND ${own.length - 1})`);
    }
    case "unique":
    case "primary key": {
      if (index === null || isTemporal(constraint.definition)) return null;
      const nullsEqual = / NULLS NOT DISTINCT/.test(definitionBody(index));
      const where = nullsEqual ? "" : ` WHERE ${own.map((column) => `${column} IS NOT NULL`).join(" AND ")}`;
      const groups = `FROM ${qualified(table)} AS ${ROW}${where} GROUP BY ${own.join(", ")} HAVING count(*) > 1`;
      return {
        count: `SELECT count(*) FROM (SELECT ${groups}) AS twice`,
        sample: `SELECT jsonb_build_array(${own.join(", ")})::text ${groups} LIMIT 5`,
      };
    }
    default:
      return null;
  }
}
