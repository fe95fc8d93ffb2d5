import { ident } from "../sql/identifier.ts";

/** What `segue new <operation>` takes. A last argument that is a list takes all that is left. */
export interface Form {
  readonly args: readonly string[];
  readonly rest: boolean;
  fields(values: readonly string[]): Record<string, unknown>;
}

/** What stands in a scaffold for an argument that was not given, for most operations. */
export const PLACEHOLDERS: Readonly<Record<string, string>> = {
  table: "table_name",
  column: "column_name",
  columns: "column_name",
  from: "column_name",
  to: "new_name",
  type: "text",
  check: "column_name IS NOT NULL",
  name: "index_name",
  referenced: "other_table",
  new_columns: "new_name",
  default: "now()",
  comment: "what it is for",
  value: "NULL",
  where: "false",
};

/** Where a word means something else than for most operations. */
const OWN_PLACEHOLDERS: Readonly<Record<string, typeof PLACEHOLDERS>> = {
  rename_index: { from: "index_name" },
  rename_constraint: { from: "constraint_name" },
  drop_constraint: { name: "constraint_name" },
  create_enum: { name: "type_name", values: "first_value" },
  add_enum_value: { type: "type_name", value: "new_value" },
  rename_enum_value: { type: "type_name", from: "old_value", to: "new_value" },
  drop_enum_value: { type: "type_name", value: "old_value", to: "other_value" },
};

/** What stands for an argument of an operation; empty for a word that has nothing of the kind. */
export function placeholder(operation: string, word: string): string {
  return OWN_PLACEHOLDERS[operation]?.[word] ?? PLACEHOLDERS[word] ?? "";
}

const SQL = {
  up: "-- What the migration runs.\nSELECT 1;\n",
  down: "-- What takes it back. Leave `down` out if nothing can.\nSELECT 1;\n",
};

/** Operations whose required fields are not just words. */
export const FORMS: Readonly<Record<string, Form>> = {
  create_table: {
    args: ["table", "column:type"],
    rest: true,
    fields: ([table = "", ...columns]) => {
      const written = columns.filter((one) => one !== "");
      return {
        table,
        columns:
          written.length === 0
            ? {
                id: { type: "bigint", identity: "always" },
                created_at: { type: "timestamptz", nullable: false, default: "now()" },
              }
            : Object.fromEntries(written.map(columnOf)),
        ...(written.length === 0 ? { primary_key: ["id"] } : {}),
      };
    },
  },
  add_foreign_key: {
    args: ["table", "column", "referenced"],
    rest: false,
    fields: ([table = "", column = "", referenced = ""]) => ({
      table,
      columns: [column],
      references: { table: referenced },
    }),
  },
  replace_columns: {
    args: ["table", "column", "new_columns"],
    rest: true,
    fields: ([table = "", column = "", ...fresh]) => {
      const names = [...new Set(fresh.filter((name) => name !== ""))];
      return {
        table,
        add: Object.fromEntries(names.map((name) => [name, { type: "text", from: ident(column) }])),
        remove: { [column]: { from: ident(names[0] ?? "") } },
      };
    },
  },
  set_comment: {
    args: ["table", "column", "comment"],
    rest: false,
    fields: ([table = "", column = "", comment = ""]) => ({ table, column, comment }),
  },
  update_rows: {
    args: ["table", "column", "value"],
    rest: false,
    fields: ([table = "", column = "", value = ""]) => ({ table, set: { [column]: value }, where: "true", keep: true }),
  },
  rename_table: { args: ["table", "to"], rest: false, fields: ([from = "", to = ""]) => ({ from, to }) },
  sql: { args: ["name"], rest: false, fields: () => SQL },
};

function columnOf(text: string): [string, { type: string }] {
  const at = text.indexOf(":");
  return at < 1 ? [text, { type: "text" }] : [text.slice(0, at), { type: text.slice(at + 1) }];
}
