import { fieldsOf, type Side, type Speaker } from "./fields.ts";
import type { Change, DrawnSchema, DrawnWrite, Field } from "./model.ts";
import { ident, PARENTS, references } from "./schema.ts";

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
  write(speaker: Speaker, drawn: DrawnWrite): Write | null {
    const { side } = speaker;
    if (side === "new" && this.#change.table === null) return null;
    switch (drawn.write) {
      case "insert":
        return this.#insert(speaker, drawn.values);
      case "update":
        return this.#update(speaker, drawn.row, drawn.column, drawn.value);
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

  #insert(speaker: Speaker, values: readonly number[]): Write {
    const { side } = speaker;
    this.#lastId += 1;
    const fields = fieldsOf(this.#schema, this.#change, speaker).filter(({ updates }) => updates !== true);
    // Now and then a column is left to its default.
    const given = fields.flatMap((field, n) => {
      const written = field.write(values[n] ?? 0);
      const isLeft = (values[n] ?? 0) % 5 === 4 || (side === "new" && this.#looksLeft(field, written.real));
      return isLeft && !field.given ? [] : [written];
    });
    const known = new Set(fields.flatMap(({ columns }) => columns));
    const supplement = Object.entries(side === "new" ? (this.#change.supplement ?? {}) : {}).filter(
      ([column]) => !known.has(column) && !this.#hasDefault(column),
    );
    const key = {
      id: String(this.#lastId),
      ...(this.#schema.kind === "partitioned" ? { region: String(this.#lastId % 3) } : {}),
    };
    const insert = (table: string, row: Readonly<Record<string, string>>): string =>
      `INSERT INTO ${table} (${Object.keys(row).map(ident).join(", ")}) VALUES (${Object.values(row).join(", ")})`;
    const real = Object.assign({}, key, ...given.map((values) => values.real)) as Record<string, string>;
    const twin = Object.assign({}, key, ...given.map((values) => values.twin)) as Record<string, string>;
    return {
      real: insert(this.#real(side), real),
      twin: insert(this.#twin, { ...twin, ...Object.fromEntries(supplement) }),
    };
  }

  #update({ side, cutOver }: Speaker, row: number, column: number, number: number): Write | null {
    const fields = fieldsOf(this.#schema, this.#change, { side, cutOver });
    const found = fields[column % fields.length];
    if (found === undefined) return null;
    const { real, twin, changes = twin } = found.write(number);
    const update = (table: string, set: Readonly<Record<string, string>>, where?: string): string =>
      `UPDATE ${table} SET ${Object.entries(set)
        .map(([name, value]) => `${ident(name)} = ${value}`)
        .join(", ")} WHERE id = ${this.#id(row)}${where === undefined ? "" : ` AND ${where}`}`;
    return {
      real: update(this.#real(side), real, found.where?.real),
      twin: update(this.#twin, changes, found.where?.twin),
    };
  }

  #ofParents(sql: (schema: string) => string): Write | null {
    return references(this.#schema) ? { real: sql("public"), twin: sql("twin") } : null;
  }

  #both(side: Side, sql: (table: string) => string): Write {
    return { real: sql(this.#real(side)), twin: sql(this.#twin) };
  }

  /** A NULL in a column of the new side: on INSERT nobody can tell it from a column that is left out. */
  #looksLeft({ columns }: Field, written: Readonly<Record<string, string>>): boolean {
    return Object.entries(written).every(([name, value]) => value === "NULL" && !columns.includes(name));
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
