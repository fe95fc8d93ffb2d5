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
  /** The first is the one that the operation is about. */
  readonly columns: readonly DrawnColumn[];
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

/** A change as the test knows it, with what plain DDL would be and what each version sees of it. */
export interface Change {
  /** The operations of the plan. */
  readonly operations: readonly Readonly<Record<string, unknown>>[];
  /** A column of the twin that only the new version knows, with the value of rows that don't name it. */
  readonly added?: { readonly name: string; readonly type: string; readonly value: string };
  /** The new version's name of the table; absent: the same; null: it does not know it. */
  readonly table?: string | null;
  /** The new version's names of the old version's columns; absent: the same; null: it does not know it. */
  readonly renamed?: Readonly<Record<string, string | null>>;
  /** What the twin's row gets where the new version knows nothing of a column. */
  readonly supplement?: Readonly<Record<string, string>>;
  /** What the twin is spared from the beginning: a constraint that goes, on a day that depends on the rollout. */
  readonly twin?: (table: string) => readonly string[];
  /** A column that every INSERT names: on which day its default or NOT NULL changes depends on the rollout. */
  readonly given?: string;
  /** A column whose NULLs may have become this value. */
  readonly filled?: { readonly column: string; readonly value: string };
  /** The new type of a column, from the cut-over on. */
  readonly retyped?: { readonly column: string; readonly type: string };
  /** True if it makes writes or itself fail that would not fail before. */
  readonly constrains?: boolean;
  /** The statements that one would run if nobody used the database. */
  readonly plainly: (table: string) => readonly string[];
  /** What a reversal is told. */
  readonly reversal?: { readonly fill?: string; readonly accept?: readonly string[] };
}
