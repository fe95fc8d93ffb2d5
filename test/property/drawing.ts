import fc from "fast-check";
import { COLUMN_TYPES, typeNamed } from "./column-types.ts";
import type { Change, DrawnColumn, DrawnSchema } from "./model.ts";

/** How an operation is drawn: what its column must be like, and the change that it makes to a drawn table. */
export interface Drawing {
  readonly types: readonly string[];
  readonly target?: Partial<DrawnColumn>;
  /** `numbers` are drawn for it to choose by. */
  change(schema: DrawnSchema, numbers: readonly number[]): Change;
}

export const NEW_NAMES = ["fresh", "Fresh Name", "new", "ß"];
export const every = Object.keys(COLUMN_TYPES);
export const sorting = every.filter((name) => typeNamed(name).sorts);

/** A value of `list` by a drawn number. */
export function chosen<T>(list: readonly T[], n = 0): T {
  return list[n % list.length] as T;
}

export function targetOf({ columns, target = 0 }: DrawnSchema): DrawnColumn {
  return columns[target] as DrawnColumn;
}

/** The schema's own name for a table of the plan; a name with a dot or blank is none here. */
export const operation = (kind: string, fields: Record<string, unknown>): Change["operations"] => [{ [kind]: fields }];

/** Numbers for a change to choose by. */
export const choices: fc.Arbitrary<readonly number[]> = fc.array(fc.nat({ max: 23 }), { minLength: 3, maxLength: 3 });
