import type { Catalog, Constraint, Table } from "../model/catalog.ts";
import type { Spec } from "../model/plan.ts";
import type { InversePart } from "../model/program.ts";
import { relationKey } from "../model/relation.ts";
import { parseTableName, writtenName } from "../sql/identifier.ts";
import { definitionBody } from "../steps/index-definition-body.ts";
import { uniqueBody, uniqueConstraint, type Uniqueness } from "../steps/unique-constraint.ts";

interface Written {
  readonly table: string;
  readonly name: string;
}

/** The operation that adds a constraint again as it was before, or why there is none. */
export function constraintAgain(written: Written, before: Catalog): InversePart {
  const table = before.tables[relationKey(parseTableName(written.table, before.defaultSchema))];
  const constraint = table?.constraints.find((one) => one.name === written.name);
  const what = `constraint ${written.name} of ${written.table}`;
  if (table === undefined || constraint === undefined)
    return { impossible: `${what} is not in the catalog of the time` };
  const added = constraint.valid ? adding(written, table, constraint, before) : null;
  if (added === null) return { impossible: `${what} can't be written as an operation: ${constraint.definition}` };
  return { operations: [added] };
}

function adding(written: Written, table: Table, constraint: Constraint, catalog: Catalog): Spec | null {
  switch (constraint.kind) {
    case "check": {
      const check = constraint.expression;
      if (check === null || /\bNOT ENFORCED$/.test(constraint.definition)) return null;
      const more = constraint.noInherit ? { no_inherit: true } : {};
      return { kind: "add_check", fields: { ...written, check, ...more } };
    }
    case "foreign key":
      return foreignKey(written, constraint);
    case "unique":
    case "primary key":
      return key(written, table, constraint, constraint.kind, catalog.major);
    default:
      return null;
  }
}

/** A foreign key whose definition says nothing that the fields can't: no PERIOD, no columns behind SET NULL. */
function foreignKey(written: Written, constraint: Constraint): Spec | null {
  const { columns, deferrable, definition, initiallyDeferred, references } = constraint;
  if (references === null || /\bPERIOD\b|SET (?:NULL|DEFAULT) \(|NOT ENFORCED/.test(definition)) return null;
  return {
    kind: "add_foreign_key",
    fields: {
      ...written,
      columns,
      references: {
        table: writtenName([references.table.schema, references.table.name]),
        columns: references.columns,
        ...(references.onDelete === "no action" ? {} : { on_delete: references.onDelete }),
        ...(references.onUpdate === "no action" ? {} : { on_update: references.onUpdate }),
        ...(references.match === "simple" ? {} : { match: references.match }),
        ...(deferrable ? { deferrable } : {}),
        ...(initiallyDeferred ? { initially_deferred: true } : {}),
      },
    },
  };
}

/** A key that the fields say wholly: its definition and that of its index come out the same. */
function key(
  written: Written,
  table: Table,
  constraint: Constraint,
  kind: Uniqueness["kind"],
  major: number,
): Spec | null {
  const index = table.indexes.find((one) => one.constraint === constraint.name);
  if (index === undefined) return null;
  const include = index.columns.filter((column) => !constraint.columns.includes(column));
  const body = definitionBody(index);
  const said: Uniqueness = {
    kind,
    columns: constraint.columns,
    ...(include.length === 0 ? {} : { include }),
    ...(/ NULLS NOT DISTINCT/.test(body) ? { nulls_not_distinct: true } : {}),
    ...(constraint.deferrable ? { deferrable: true } : {}),
    ...(constraint.initiallyDeferred ? { initially_deferred: true } : {}),
  };
  const again = uniqueConstraint(constraint.name, said, table, major).constraint.definition;
  if (kind === "primary key" && constraint.deferrable) return null;
  if (again !== constraint.definition || uniqueBody(said, table, major) !== body) return null;
  const { kind: _, ...fields } = said;
  return { kind: kind === "unique" ? "add_unique" : "add_primary_key", fields: { ...written, ...fields } };
}
