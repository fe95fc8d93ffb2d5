import type { Change, DrawnSchema, DrawnWrite } from "./model.ts";
import { ident, PARENTS, references, valueOf } from "./schema.ts";

/** Which version of the application writes. */
export type Side = "old" | "new";

/** One write as the rollout's table gets it, and as its twin does. */
export interface Write {
  readonly real: string;
  readonly twin: string;
}

/** Makes SQL of drawn writes. It counts the rows that it inserts, so that both tables get the same keys. */
export class Writer {
  readonly #schema: DrawnSchema;
  readonly #change: Change;
  #lastId: number;

  constructor(schema: DrawnSchema, change: Change) {
    this.#schema = schema;
    this.#change = change;
    this.#lastId = schema.rows.length;
  }

  /** The SQL of a write; null where this version does not know the table or the column. */
  write(side: Side, drawn: DrawnWrite): Write | null {
    if (side === "new" && this.#change.table === null) return null;
    switch (drawn.write) {
      case "insert":
        return this.#insert(side, drawn.values);
      case "update":
        return this.#update(side, drawn.row, drawn.column, drawn.value);
      case "delete":
        return this.#both(side, (table) => `DELETE FROM ${table} WHERE id = ${this.#id(drawn.row)}`);
      case "delete parent":
        return this.#ofParents((schema) => `DELETE FROM ${schema}.parents WHERE id = ${drawn.row % PARENTS}`);
      case "move parent":
        return this.#ofParents(
          (schema) => `UPDATE ${schema}.parents SET id = id + 100 WHERE id = ${drawn.row % PARENTS}`,
        );
      default:
        return drawn satisfies never;
    }
  }

  #insert(side: Side, values: readonly number[]): Write {
    this.#lastId += 1;
    const given = this.#columns(side).flatMap((column, n) => {
      const number = values[n] ?? 0;
      // Now and then a column is left to its default.
      return number % 5 === 4 && column.twin !== this.#change.given
        ? []
        : [{ ...column, value: column.literal(number) }];
    });
    const known = new Set(this.#columns(side).map(({ twin }) => twin));
    const supplement = Object.entries(side === "new" ? (this.#change.supplement ?? {}) : {})
      .filter(([column]) => !known.has(column) && !this.#hasDefault(column))
      .map(([twin, value]) => ({ real: null, twin, value }));
    const key = [
      { real: "id", twin: "id", value: String(this.#lastId) },
      ...(this.#schema.kind === "partitioned"
        ? [{ real: "region", twin: "region", value: String(this.#lastId % 3) }]
        : []),
    ];
    const insert = (table: string, columns: readonly { readonly name: string; readonly value: string }[]): string =>
      `INSERT INTO ${table} (${columns.map(({ name }) => ident(name)).join(", ")}) VALUES (${columns.map(({ value }) => value).join(", ")})`;
    const all = [...key, ...given, ...supplement];
    return {
      real: insert(
        this.#real(side),
        all.flatMap(({ real, value }) =>
          real === null ? [] : [{ name: real, value: value.replaceAll("%.", "public.") }],
        ),
      ),
      twin: insert(
        this.#twin,
        all.map(({ twin, value }) => ({ name: twin, value: value.replaceAll("%.", "twin.") })),
      ),
    };
  }

  #update(side: Side, row: number, column: number, number: number): Write | null {
    const columns = this.#columns(side);
    const found = columns[column % columns.length];
    if (found === undefined) return null;
    const set = (table: string, name: string): string =>
      `UPDATE ${table} SET ${ident(name)} = ${found.literal(number)} WHERE id = ${this.#id(row)}`;
    return { real: set(this.#real(side), found.real), twin: set(this.#twin, found.twin) };
  }

  #ofParents(sql: (schema: string) => string): Write | null {
    return references(this.#schema) ? { real: sql("public"), twin: sql("twin") } : null;
  }

  #both(side: Side, sql: (table: string) => string): Write {
    return { real: sql(this.#real(side)), twin: sql(this.#twin) };
  }

  /** The columns that a version writes, by their name in either table. */
  #columns(side: Side) {
    const { columns } = this.#schema;
    const { added, renamed = {} } = this.#change;
    const own = columns.flatMap((column) => {
      const real = side === "new" && Object.hasOwn(renamed, column.name) ? renamed[column.name] : column.name;
      if (real === null || real === undefined) return [];
      return [{ real, twin: column.name, literal: (n: number) => valueOf(column, n) }];
    });
    if (side === "old" || added === undefined) return own;
    return [...own, { real: added.name, twin: added.name, literal: () => added.value }];
  }

  #hasDefault(name: string): boolean {
    return this.#schema.columns.some((column) => column.name === name && column.default !== null);
  }

  #id(row: number): number {
    return 1 + (row % Math.max(this.#lastId, 1));
  }

  #real(side: Side): string {
    const name = side === "new" ? (this.#change.table ?? this.#schema.table) : this.#schema.table;
    return `public.${ident(name)}`;
  }

  get #twin(): string {
    return `twin.${ident(this.#schema.table)}`;
  }
}
