import pg from "pg";
import { sqlType, typeNamed } from "./column-types.ts";
import { chosen, type Drawing, every, NEW_NAMES, operation, targetOf } from "./drawing.ts";
import type { Change, DrawnColumn, DrawnSchema, Vocabulary } from "./model.ts";
import { ident } from "./schema.ts";

const TYPES = ["enum", "enums"];
const VALUES = ["sad", "ok", "so so"];

/** One value for another; null for none. */
interface Replacement {
  readonly from: string;
  readonly to: string | null;
  /** True if both mean the same, so that what the new version says can be said in the old one's words. */
  readonly isName: boolean;
}

function ofEnum({ columns }: DrawnSchema): readonly DrawnColumn[] {
  return columns.filter(({ type }) => TYPES.includes(type));
}

/** What is called otherwise, in a column's literals and in what is read of it. */
function vocabulary(column: DrawnColumn, { from, isName, to }: Replacement, since: Vocabulary["since"]): Vocabulary {
  const isArray = column.type === "enums";
  const old = pg.escapeLiteral(from);
  const fresh = to === null ? "NULL" : pg.escapeLiteral(to);
  const inArray = (value: string): string => (value.includes(" ") ? `"${value}"` : value.replaceAll("'", "''"));
  const said = (literal: string): string => {
    if (isArray) return literal.replaceAll(inArray(from), inArray(to ?? "NULL"));
    return literal === old ? fresh : literal;
  };
  return {
    since,
    says: (literal) => ({ real: said(literal), twin: isName ? literal : said(literal) }),
    shows: (sql) =>
      isArray
        ? `array_replace((${sql})::text[], ${old}, ${fresh})::text`
        : `CASE WHEN (${sql})::text = ${old} THEN ${fresh} ELSE (${sql})::text END`,
  };
}

/** The target may get a new name, by which both versions find their words at once. */
function replaced(schema: DrawnSchema, replacement: Replacement, n: number): Pick<Change, "renamed" | "vocabulary"> {
  const renamed = n % 2 === 0 ? { [targetOf(schema).name]: chosen(NEW_NAMES, n / 2) } : {};
  const words = ofEnum(schema).map((column) => {
    const since = Object.hasOwn(renamed, column.name) ? "ready" : "cut-over";
    return [column.name, vocabulary(column, replacement, since)] as const;
  });
  return { renamed, vocabulary: Object.fromEntries(words) };
}

function newNames(schema: DrawnSchema, renamed: Change["renamed"] = {}): Readonly<Record<string, unknown>> {
  const columns = Object.entries(renamed).map(([column, to]) => ({ table: schema.table, column, to }));
  return columns.length === 0 ? {} : { columns };
}

function renamedPlainly(table: string, renamed: Change["renamed"] = {}): readonly string[] {
  return Object.entries(renamed).map(
    ([from, to]) => `ALTER TABLE ${table} RENAME COLUMN ${ident(from)} TO ${ident(to ?? "")}`,
  );
}

/** True if the default has the value. */
function hasDefault(column: DrawnColumn, replacement: Replacement): boolean {
  const value = column.default === null ? "NULL" : typeNamed(column.type).literal(column.default);
  return vocabulary(column, replacement, "cut-over").says(value).real !== value;
}

/** PostgreSQL has no way to drop a value: another type takes the place of the enum. */
function withoutValue(schema: DrawnSchema, table: string, replacement: Replacement): readonly string[] {
  const values = VALUES.filter((value) => value !== replacement.from).map((value) => pg.escapeLiteral(value));
  const columns = ofEnum(schema).flatMap((column): string[] => {
    const { says, shows } = vocabulary(column, replacement, "cut-over");
    const name = ident(column.name);
    const alter = `ALTER TABLE ${table} ALTER COLUMN ${name}`;
    const place = schema.columns.indexOf(column);
    const type = typeNamed(column.type);
    const given = column.default === null ? "NULL" : says(type.literal(column.default)).real;
    const check = `check_${place}`;
    return [
      ...(column.check ? [`ALTER TABLE ${table} DROP CONSTRAINT ${check}`] : []),
      `${alter} DROP DEFAULT`,
      `${alter} TYPE ${sqlType(column.type, "twin")} USING (${shows(name)})::${sqlType(column.type, "twin")}`,
      ...(given === "NULL" ? [] : [`${alter} SET DEFAULT ${given}`]),
      ...(column.check ? [`ALTER TABLE ${table} ADD CONSTRAINT ${check} CHECK (${type.check(name)})`] : []),
    ];
  });
  return [
    "ALTER TYPE twin.mood RENAME TO mood_before",
    `CREATE TYPE twin.mood AS ENUM (${values.join(", ")})`,
    ...columns,
    "DROP TYPE twin.mood_before",
  ];
}

/** Operations on enums. */
export const ENUM_CHANGES: Readonly<Record<string, Drawing>> = {
  create_enum: {
    types: every,
    change(schema, [n = 0]) {
      const name = chosen(NEW_NAMES, n);
      const values = ["one", "it's two", "three"];
      const value = pg.escapeLiteral(chosen(values, n));
      return {
        operations: [
          ...operation("create_enum", { name: "drawn", values }),
          ...operation("add_column", { table: schema.table, column: name, type: "drawn", default: value }),
        ],
        types: [`CREATE TYPE twin.drawn AS ENUM (${values.map(pg.escapeLiteral).join(", ")})`],
        added: [{ name, type: "twin.drawn", value }],
        plainly: () => [],
      };
    },
  },
  add_enum_value: {
    types: TYPES,
    change(schema, [n = 0]) {
      const place = chosen([{}, { before: "sad" }, { after: "sad" }, { before: "so so" }], n);
      const [where, neighbour] = Object.entries(place)[0] ?? [];
      const words = ofEnum(schema).map((column): [string, Vocabulary] => {
        const { says } = vocabulary(column, { from: "ok", to: "quite ok", isName: false }, "ready");
        return [column.name, { since: "ready", says, shows: (sql) => `(${sql})::text` }];
      });
      return {
        operations: operation("add_enum_value", { type: "mood", value: "quite ok", ...place }),
        vocabulary: Object.fromEntries(words),
        twin: () => [
          `ALTER TYPE twin.mood ADD VALUE 'quite ok'${where === undefined ? "" : ` ${where.toUpperCase()} '${neighbour}'`}`,
        ],
        stays: ["type public.mood"],
        plainly: () => [],
      };
    },
  },
  rename_enum_value: {
    types: TYPES,
    change(schema, [n = 0, m = 0, k = 0]) {
      const replacement = { from: chosen(VALUES, m), to: chosen(["blue", "very blue", "it's"], k), isName: true };
      const change = replaced(schema, replacement, n);
      const { from, to } = replacement;
      return {
        ...change,
        operations: operation("rename_enum_value", { type: "mood", from, to, ...newNames(schema, change.renamed) }),
        plainly: (table) => [
          `ALTER TYPE twin.mood RENAME VALUE ${pg.escapeLiteral(from)} TO ${pg.escapeLiteral(to)}`,
          ...renamedPlainly(table, change.renamed),
        ],
      };
    },
  },
  drop_enum_value: {
    types: TYPES,
    target: { unique: false },
    change(schema, [n = 0, m = 0, k = 0]) {
      const from = chosen(VALUES, m);
      const to = chosen([...VALUES.filter((value) => value !== from), null], k);
      const replacement = { from, to, isName: false };
      const change = replaced(schema, replacement, n);
      return {
        ...change,
        operations: operation("drop_enum_value", {
          type: "mood",
          value: from,
          to,
          ...newNames(schema, change.renamed),
        }),
        // A default that is the value becomes another one at the cut-over.
        given: ofEnum(schema)
          .filter((column) => hasDefault(column, replacement))
          .map(({ name }) => name),
        plainly: (table) => [...withoutValue(schema, table, replacement), ...renamedPlainly(table, change.renamed)],
      };
    },
  },
};
