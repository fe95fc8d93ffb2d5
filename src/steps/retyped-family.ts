import type { Table } from "../model/catalog.ts";
import { parseTableName } from "../sql/identifier.ts";
import { rewriteDefault, rewriteDefinition } from "./enum-change.ts";
import type { LowerContext } from "./step-kind.ts";
import { columnsOn, type ReplaceTypeFields, typeReplacements } from "./type-entries.ts";

/**
 * A table and its partitions as `carry` sees them for a column whose type another takes the place of: what hangs on the
 * column, and its default, has the constants of the new type, which has its own name until the cut-over. Any other column: as
 * they are.
 */
export function retypedFamily(family: readonly Table[], column: string, context: LowerContext): readonly Table[] {
  const [root] = family;
  const schema = context.catalog.defaultSchema;
  const fields = typeReplacements(context).find(
    (replacement) =>
      root !== undefined && columnsOn(replacement, root, schema).some((replaced) => replaced.column === column),
  );
  return fields === undefined ? family : family.map((member) => retyped(member, column, fields, context));
}

function retyped(member: Table, column: string, fields: ReplaceTypeFields, { catalog }: LowerContext): Table {
  const to = parseTableName(fields.by, catalog.defaultSchema);
  const rewritten = (text: string, kind: "statement" | "constraint" | "expression"): string =>
    rewriteDefinition(text, kind, to, fields, catalog);
  const reads = ({ columns }: { readonly columns: readonly string[] }): boolean => columns.includes(column);
  return {
    ...member,
    columns: member.columns.map((own) =>
      own.name === column && own.default !== null
        ? { ...own, default: rewriteDefault(own.default, to, fields, catalog) }
        : own,
    ),
    indexes: member.indexes.map((index) =>
      reads(index) ? { ...index, definition: rewritten(index.definition, "statement") } : index,
    ),
    constraints: member.constraints.map((constraint) =>
      constraint.kind === "check" && reads(constraint)
        ? {
            ...constraint,
            definition: rewritten(constraint.definition, "constraint"),
            expression: constraint.expression === null ? null : rewritten(constraint.expression, "expression"),
          }
        : constraint,
    ),
    statistics: member.statistics.map((one) =>
      reads(one) ? { ...one, definition: rewritten(one.definition, "statement") } : one,
    ),
  };
}
