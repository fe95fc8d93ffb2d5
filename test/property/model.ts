/** The kinds of table that a schema can be drawn with. */
export const TABLE_KINDS = ["plain", "no primary key", "unlogged", "partitioned", "inherited"] as const;
export type TableKind = (typeof TABLE_KINDS)[number];

/** A column of a drawn table. */
export interface DrawnColumn {
  readonly name: string;
  /** A word of COLUMN_TYPES. */
  readonly type: string;
  readonly notNull: boolean;
  /** The number of the literal that is its default; null for none. */
  readonly default: number | null;
  readonly check: boolean;
  readonly unique: boolean;
  readonly index: "plain" | "descending" | "partial" | "expression" | "including" | null;
  readonly comment: boolean;
  readonly grant: boolean;
  /** Statistics target and storage. */
  readonly tuned: boolean;
}

/** A foreign key of the first column to the table `parents`, where its type allows one. */
export interface DrawnReference {
  readonly onDelete: "NO ACTION" | "RESTRICT" | "CASCADE" | "SET NULL";
  readonly onUpdate: "NO ACTION" | "CASCADE";
  readonly deferrable: boolean;
}

/** A table with its rows, as data: rendered for the schema of the rollout and for its twin. */
export interface DrawnSchema {
  readonly kind: TableKind;
  readonly table: string;
  readonly columns: readonly DrawnColumn[];
  /** The place of the one that the operation is about; absent: the first. */
  readonly target?: number;
  readonly reference: DrawnReference | null;
  /** An index over the first two columns. */
  readonly composite: boolean;
  readonly statistics: boolean;
  /** Of each row the numbers of its values. */
  readonly rows: readonly (readonly number[])[];
}

/** A write of one version; which row and which values it means follows from its numbers. */
export type DrawnWrite =
  | { readonly write: "insert"; readonly values: readonly number[] }
  | { readonly write: "update"; readonly row: number; readonly column: number; readonly value: number }
  | { readonly write: "delete"; readonly row: number }
  | { readonly write: "delete parent" | "move parent"; readonly row: number };

/** Where a reversal is tried before the rollout goes to its end. */
export const TURNING_POINTS = ["expanded", "ready", "soaking"] as const;
export type TurningPoint = (typeof TURNING_POINTS)[number];

/** Writes of the old and of the new version, for each time that one of them may run. */
export interface DrawnTraffic {
  readonly old: readonly DrawnWrite[];
  readonly new: readonly DrawnWrite[];
}

/** Values by column, as the table gets them and as its twin does. */
export interface Written {
  readonly real: Readonly<Record<string, string>>;
  readonly twin: Readonly<Record<string, string>>;
  /** What an UPDATE makes of the twin's row, where that depends on what stands there. */
  readonly changes?: Readonly<Record<string, string>>;
}

/** What one version writes as a whole, said for the table and for its twin. */
export interface Field {
  /** The twin's columns that it writes. */
  readonly columns: readonly string[];
  /** Whether an INSERT may leave it out: at any time, only until the cut-over, at no time. */
  readonly left: "ever" | "until the cut-over" | "never";
  /** True if only an UPDATE writes it. */
  readonly updates?: boolean;
  /** Of the value with that number, expressions by column. */
  write(n: number): Written;
  /** Rows that it is written to, as the table and the twin know them. */
  readonly where?: { readonly real: string; readonly twin: string };
}

/** Columns of the new version that say what others, which it does not know, say in another shape. */
export interface Reshaped {
  /** The new columns, as expressions over the twin. */
  readonly reads: Readonly<Record<string, string>>;
  readonly fields: readonly Field[];
}

/** Another word for values of a column: the new version's from `ready` or from the cut-over on, for everybody then. */
export interface Vocabulary {
  readonly since: "ready" | "cut-over";
  /** A literal as the new version says it, and what it means in the twin. */
  readonly says: (literal: string) => { readonly real: string; readonly twin: string };
  /** Of an expression over the twin, as text, what it is called then. */
  readonly shows: (sql: string) => string;
}

/** Rows that the backfill changes, and what a reversal makes of them: what was kept, another update, nothing. */
export type RowChange =
  | {
      readonly change: "update";
      readonly column: string;
      readonly value: string;
      readonly where: string;
      readonly back: "kept" | { readonly value: string; readonly where: string } | null;
    }
  | { readonly change: "delete"; readonly where: string; readonly back: "kept" | null };

/** A change as the test knows it, with what plain DDL would be and what each version sees of it. */
export interface Change {
  /** The operations of the plan. */
  readonly operations: readonly Readonly<Record<string, unknown>>[];
  /** Columns of the twin that only the new version knows, with the value of rows that don't name it. */
  readonly added?: readonly { readonly name: string; readonly type: string; readonly value: string }[];
  /** True if the new version has a schema of its own, from `ready` on. */
  readonly versioned?: boolean;
  /** The new version's name of the table; absent: the same; null: it does not know it. */
  readonly table?: string | null;
  /** The new version's names of the old version's columns; absent: the same; null: it does not know it. */
  readonly renamed?: Readonly<Record<string, string | null>>;
  readonly reshaped?: Reshaped;
  /** By the old version's names of the columns. */
  readonly vocabulary?: Readonly<Record<string, Vocabulary>>;
  readonly rows?: RowChange;
  /** What the twin's row gets where the new version knows nothing of a column. */
  readonly supplement?: Readonly<Record<string, string>>;
  /** What the twin is spared from the beginning: a constraint that goes, on a day that depends on the rollout. */
  readonly twin?: (table: string) => readonly string[];
  /** What the twin's table needs: types that the plan creates. */
  readonly types?: readonly string[];
  /** Objects that a reversal leaves as the twin has them. */
  readonly stays?: readonly string[];
  /** Constraints that go with the drop. */
  readonly dropped?: readonly string[];
  /** Columns that every INSERT names: on which day its default or NOT NULL changes depends on the rollout. */
  readonly given?: readonly string[];
  /** Columns whose NULLs may have become this value. */
  readonly filled?: Readonly<Record<string, string>>;
  /** New types of columns, from the cut-over on. */
  readonly retyped?: Readonly<Record<string, string>>;
  /** True if it makes writes or itself fail that would not fail before. */
  readonly constrains?: boolean;
  /** The statements that one would run if nobody used the database. */
  readonly plainly: (table: string) => readonly string[];
  /** What a reversal is told. */
  readonly reversal?: { readonly fill?: string; readonly accept?: readonly string[] };
}
