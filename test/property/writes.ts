import { fieldsOf, type Speaker, tableOf } from "./fields.ts";
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
    const table = tableOf(this.#schema, this.#change, speaker.side);
    if (table === null) return null;
    switch (drawn.write) {
      case "insert":
        return this.#insert(table, speaker, drawn.values);
      case "update":
        return this.#update(table, speaker, drawn.row, drawn.column, drawn.value);
      case "delete":
        return this.#both(table, (name) => `DELETE FROM ${name} WHERE id = ${this.#id(drawn.row)}`);
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

  #insert(name: string, speaker: Speaker, values: readonly number[]): Write {
    const { side } = speaker;
    this.#lastId += 1;
    const fields = fieldsOf(this.#schema, this.#change, speaker).filter(({ updates }) => updates !== true);
    const given = fields.flatMap((field, n) => {
      const number = values[n] ?? 0;
      const written = field.write(number);
      return this.#isLeft(field, number, written.real, speaker) ? [] : [written];
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
      real: insert(name, real),
      twin: insert(this.#twin, { ...twin, ...Object.fromEntries(supplement) }),
    };
  }

  #update(name: string, speaker: Speaker, row: number, column: number, number: number): Write | null {
    const fields = fieldsOf(this.#schema, this.#change, speaker);
    const found = fields[column % fields.length];
    if (found === undefined) return null;
    const { real, twin, changes = twin } = found.write(number);
    const update = (table: string, set: Readonly<Record<string, string>>, where?: string): string =>
      `UPDATE ${table} SET ${Object.entries(set)
        .map(([name, value]) => `${ident(name)} = ${value}`)
        .join(", ")} WHERE id = ${this.#id(row)}${where === undefined ? "" : ` AND ${where}`}`;
    return {
      real: update(name, real, found.where?.real),
      twin: update(this.#twin, changes, found.where?.twin),
    };
  }

  #ofParents(sql: (schema: string) => string): Write | null {
    return references(this.#schema) ? { real: sql("public"), twin: sql("twin") } : null;
  }

  #both(real: string, sql: (table: string) => string): Write {
    return { real: sql(real), twin: sql(this.#twin) };
  }

  /** Now and then a column is left to its default. */
  #isLeft(
    field: Field,
    number: number,
    written: Readonly<Record<string, string>>,
    { cutOver, side }: Speaker,
  ): boolean {
    const may = field.left === "ever" || (field.left === "until the cut-over" && !cutOver);
    if (may && number % 5 === 4) return true;
    // A NULL in the columns of the new side: until the cut-over nobody can tell it from a column that is left out.
    const isNull = Object.values(written).every((value) => value === "NULL");
    return side === "new" && !cutOver && isNull && Object.keys(written).every((name) => this.#isNew(name, field));
  }

  /** True for a column that only the new version knows, be it by another one's name in a schema of its own. */
  #isNew(name: string, { columns }: Field): boolean {
    const { retyped = {}, versioned = false, vocabulary = {} } = this.#change;
    return !columns.includes(name) || (versioned && (Object.hasOwn(retyped, name) || Object.hasOwn(vocabulary, name)));
  }

  #hasDefault(name: string): boolean {
    return this.#schema.columns.some((column) => column.name === name && column.default !== null);
  }

  #id(row: number): number {
    return 1 + (row % Math.max(this.#lastId, 1));
  }

  get #twin(): string {
    return `twin.${ident(this.#schema.table)}`;
  }
}
