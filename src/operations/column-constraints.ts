import type { References, SqlExpression } from "../model/fields.ts";
import type { Spec } from "../model/plan.ts";
import { deriveName, MAX_NAME_BYTES, parseTableName } from "../sql/identifier.ts";

/** A column of a plan with the constraints that stand beside it. */
interface ConstrainedColumn {
  readonly table: string;
  readonly column: string;
  readonly check?: SqlExpression | undefined;
  readonly references?: References | undefined;
  readonly unique?: boolean | undefined;
}

/** What a new column promises: entries that build and validate it while the old version runs. */
export function columnConstraints({ table, column, check, references, unique }: ConstrainedColumn): readonly Spec[] {
  const name = (suffix: string): string => {
    const natural = `${parseTableName(table, "public").name}_${column}_${suffix}`;
    return Buffer.byteLength(natural) <= MAX_NAME_BYTES ? natural : deriveName("", natural, suffix);
  };
  return [
    ...(check === undefined ? [] : [{ kind: "add_check", fields: { table, name: name("check"), check } }]),
    ...(unique === true ? [{ kind: "add_unique", fields: { table, name: name("key"), columns: [column] } }] : []),
    ...(references === undefined
      ? []
      : [{ kind: "add_foreign_key", fields: { table, name: name("fkey"), columns: [column], references } }]),
  ];
}
