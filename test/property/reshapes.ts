import { sqlType } from "./column-types.ts";
import { chosen, type Drawing, every, operation, targetOf } from "./drawing.ts";
import type { Change, DrawnColumn, DrawnSchema, Field } from "./model.ts";
import { constraintsOf, ident, valueOf } from "./schema.ts";

interface NewColumn {
  readonly type: string;
  readonly from: string;
  readonly nullable?: boolean;
  readonly comment?: string;
}

/** Columns in another shape: what `replace_columns` says of it, and what it means, in words of the test's own. */
interface Reshape {
  readonly add: Readonly<Record<string, NewColumn>>;
  readonly remove: Readonly<Record<string, { readonly from: string }>>;
  readonly reads: Readonly<Record<string, string>>;
  readonly fields: readonly Field[];
}

const INTEGERS = ["smallint", "integer", "bigint"];

const named = (column: DrawnColumn): string => ident(column.name);
const typed = (column: DrawnColumn): string => sqlType(column.type, "public");

function isRequired(column: DrawnColumn): boolean {
  return column.notNull && column.default === null;
}

/** A value, and whether it is missing. */
function valueAndFlag(column: DrawnColumn, numbers: readonly number[]): Reshape {
  const [n = 0, m = 0] = numbers;
  const c = named(column);
  return {
    add: {
      bare: { type: typed(column), from: c, ...(column.notNull && n % 2 === 0 ? { nullable: false } : {}) },
      "Bare Flag": { type: "boolean", from: `${c} IS NULL`, ...(m % 2 === 0 ? { nullable: false } : {}) },
    },
    remove: { [column.name]: { from: 'CASE WHEN "Bare Flag" THEN NULL ELSE bare END' } },
    reads: { bare: c, "Bare Flag": `${c} IS NULL` },
    fields: [whole([column], (values) => ({ bare: values[0] ?? "", "Bare Flag": String(values[0] === "NULL") }))],
  };
}

/** The tens of a number, and its last digit. */
function tensAndDigit(column: DrawnColumn): Reshape {
  const c = named(column);
  const digit = `((${c} % 10) + 10) % 10`;
  const tens = `(${c} - ${digit}) / 10`;
  return {
    add: { tens: { type: typed(column), from: tens }, digit: { type: "smallint", from: digit } },
    remove: { [column.name]: { from: "tens * 10 + digit" } },
    reads: { tens, digit },
    fields: [
      whole([column], ([value = ""]) => {
        const number = value === "NULL" ? null : BigInt(value);
        const last = number === null ? null : ((number % 10n) + 10n) % 10n;
        return {
          tens: number === null || last === null ? "NULL" : String((number - last) / 10n),
          digit: last === null ? "NULL" : String(last),
        };
      }),
      {
        columns: [column.name],
        left: "ever",
        updates: true,
        // The greatest value of each type ends in 7: with at most 7 it stays one.
        write: (n) => ({ real: { digit: String(n % 8) }, twin: { [column.name]: `${c} - ${digit} + ${n % 8}` } }),
        where: { real: "tens IS NOT NULL", twin: `${c} IS NOT NULL` },
      },
    ],
  };
}

/** Two columns in one, as texts. */
function pair(one: DrawnColumn, other: DrawnColumn): Reshape {
  const [a, b] = [named(one), named(other)];
  const both = `ARRAY[${a}::text, ${b}::text]`;
  return {
    add: { "Both Of Them": { type: "text[]", from: both, comment: "drawn" } },
    remove: {
      [one.name]: { from: `("Both Of Them")[1]::${typed(one)}` },
      [other.name]: { from: `("Both Of Them")[2]::${typed(other)}` },
    },
    reads: { "Both Of Them": both },
    fields: [
      whole([one, other], ([x = "", y = ""]) => ({
        "Both Of Them": `ARRAY[(${x})::${typed(one)}::text, (${y})::${typed(other)}::text]`,
      })),
    ],
  };
}

/** Two columns in two others, neither of which says one of them alone. */
function crossed(one: DrawnColumn, other: DrawnColumn): Reshape {
  const [a, b] = [named(one), named(other)];
  const texts = `ARRAY[${a}::text, ${b}::text]`;
  const missing = `ARRAY[${b} IS NULL, ${a} IS NULL]`;
  return {
    add: { texts: { type: "text[]", from: texts }, missing: { type: "boolean[]", from: missing, nullable: false } },
    remove: {
      [one.name]: { from: `CASE WHEN NOT missing[2] THEN texts[1]::${typed(one)} END` },
      [other.name]: { from: `CASE WHEN NOT missing[1] THEN texts[2]::${typed(other)} END` },
    },
    reads: { texts, missing },
    fields: [
      whole([one, other], ([x = "", y = ""]) => ({
        texts: `ARRAY[(${x})::${typed(one)}::text, (${y})::${typed(other)}::text]`,
        missing: `ARRAY[${y === "NULL"}, ${x === "NULL"}]`,
      })),
    ],
  };
}

/** A write of all the columns of a shape; `say` says in the new shape what these literals say in the old one. */
function whole(columns: readonly DrawnColumn[], say: (values: readonly string[]) => Record<string, string>): Field {
  return {
    columns: columns.map(({ name }) => name),
    // What is left out of the new side is a write of the old version, until the cut-over; then it is no value.
    left: columns.some(isRequired) ? "never" : "until the cut-over",
    write(n) {
      const values = columns.map((column, place) => valueOf(column, (n + place * 5) % 12));
      return { real: say(values), twin: Object.fromEntries(columns.map(({ name }, at) => [name, values[at] ?? ""])) };
    },
  };
}

function change(schema: DrawnSchema, places: readonly number[], shapes: readonly Reshape[]): Change {
  const columns = places.flatMap((place) => schema.columns[place] ?? []);
  return {
    operations: operation("replace_columns", {
      table: schema.table,
      add: Object.assign({}, ...shapes.map(({ add }) => add)) as Reshape["add"],
      remove: Object.assign({}, ...shapes.map(({ remove }) => remove)) as Reshape["remove"],
    }),
    renamed: Object.fromEntries(columns.map(({ name }) => [name, null])),
    reshaped: {
      reads: Object.assign({}, ...shapes.map(({ reads }) => reads)) as Reshape["reads"],
      fields: shapes.flatMap(({ fields }) => fields),
    },
    // From expand on the old column may be NULL, whoever writes.
    given: columns.filter(isRequired).map(({ name }) => name),
    dropped: places.flatMap(constraintsOf),
    plainly: (table) => [
      ...columns.map((column) => `ALTER TABLE ${table} DROP COLUMN ${named(column)}`),
      ...shapes.flatMap(({ add }) => Object.entries(add)).flatMap(([name, of]) => addedPlainly(table, name, of)),
    ],
  };
}

function addedPlainly(table: string, name: string, of: NewColumn): readonly string[] {
  const column = ident(name);
  const type = of.type.replace(/^public\./, "twin.");
  return [
    `ALTER TABLE ${table} ADD COLUMN ${column} ${type}`,
    ...(of.comment === undefined ? [] : [`COMMENT ON COLUMN ${table}.${column} IS '${of.comment}'`]),
    // The rows are compared elsewhere; here their values don't matter.
    ...(of.nullable === false
      ? [`DELETE FROM ${table}`, `ALTER TABLE ${table} ALTER COLUMN ${column} SET NOT NULL`]
      : []),
  ];
}

/** One column by two. */
const split: Drawing = {
  types: [...every, ...INTEGERS, ...INTEGERS],
  change(schema, numbers) {
    const column = targetOf(schema);
    const digits = INTEGERS.includes(column.type) && (numbers[0] ?? 0) % 3 !== 0;
    return change(schema, [schema.target ?? 0], [digits ? tensAndDigit(column) : valueAndFlag(column, numbers)]);
  },
};

/** Two columns by one, or by two. */
const merge: Drawing = {
  types: every,
  change(schema, numbers) {
    const [one, other] = schema.columns as [DrawnColumn, DrawnColumn];
    const shape = chosen([pair, crossed], numbers[0]);
    if ((numbers[1] ?? 0) % 3 > 0) return change(schema, [0, 1], [shape(one, other)]);
    // Sets that have nothing to do with each other.
    const third = schema.columns[2];
    if (third === undefined) return change(schema, [0, 1], [shape(one, other)]);
    return change(schema, [0, 1, 2], [shape(one, other), valueAndFlag(third, numbers)]);
  },
};

/** Columns in another shape. */
export const RESHAPES: Readonly<Record<string, Drawing>> = {
  "replace_columns by more": split,
  "replace_columns by fewer": merge,
};
