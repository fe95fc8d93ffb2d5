import type { EnumUse } from "./enum-use.ts";
import type { Grant } from "./grant.ts";
import type { RelationName } from "./relation.ts";
import type { Versioned } from "./versioned.ts";

/** A frozen reading of the part of a database that a plan is about. Compilation sees nothing else of the server. */
export interface Catalog {
  /** Major version, 14 … */
  readonly major: number;
  /** Where unqualified names of plans live. */
  readonly defaultSchema: string;
  /** By relationKey. A table that is absent here does not exist. */
  readonly tables: Readonly<Record<string, Table>>;
  /** Every relation name taken in the schemas of the plan (tables, indexes, sequences, views): relationKey. */
  readonly relationNames: readonly string[];
  /** Answers to the questions that the plan's operations asked (postgres/facts.ts), by factKey. */
  readonly facts: Readonly<Record<string, Fact>>;
  /** Read only for a plan that makes versioned schemas. */
  readonly versioned?: Versioned;
}

export interface Table extends RelationName {
  readonly oid: number;
  readonly kind: "table" | "partitioned" | "partition" | "view" | "materialized view" | "foreign" | "other";
  readonly persistence: "permanent" | "unlogged" | "temporary";
  /** The access method; striped block ranges need `heap`. */
  readonly accessMethod: string | null;
  readonly owner: string;
  readonly columns: readonly Column[];
  readonly constraints: readonly Constraint[];
  readonly indexes: readonly Index[];
  readonly triggers: readonly Trigger[];
  /** Extended statistics objects. */
  readonly statistics: readonly ExtendedStatistics[];
  /** All leaves below a partitioned table, at any depth; empty for any other kind. */
  readonly leaves: readonly RelationName[];
  /** Every partition below a partitioned table, in between levels included, parents first. */
  readonly partitions: readonly {
    readonly name: RelationName;
    readonly parent: RelationName;
    readonly leaf: boolean;
  }[];
  readonly parent: RelationName | null;
  /** The composite type that has the columns of a typed table (CREATE TABLE … OF). */
  readonly ofType?: string | null;
  /** Children by plain inheritance (not partitions). */
  readonly inheritanceChildren: readonly RelationName[];
  readonly partitionKeyColumns: readonly string[];
  readonly replicaIdentity: { readonly kind: "default" | "nothing" | "full" | "index"; readonly index: string | null };
  readonly rowSecurity: boolean;
  /** Left out for none. */
  readonly comment?: string | null;
  /** True if a subscription of this database writes to it: the apply worker skips ordinary triggers. */
  readonly subscribed: boolean;
  /** Objects elsewhere that name the table or its columns. */
  readonly dependents: readonly Dependent[];
  /** Columns that a versioned schema shows which the plan takes away at its contract: no dependents, but not to be retyped in place. */
  readonly inVersions?: readonly string[];
  /** Foreign keys that point at it; left out where they were not read. */
  readonly referencing?: readonly Referencing[];
  /** What needs the table as a whole: its drop would fail or lose it, its other name would not be found. Left out for a table that the plan creates. */
  readonly needs?: readonly TableNeed[];
  /** Table-level grants, what the owner has included. Left out for a table that the plan creates. */
  readonly grants?: readonly Grant[];
  /** Publications that send the table's changes under its own name. Left out for a table that the plan creates. */
  readonly published?: readonly string[];
  /** pg_class.reltuples, -1 if never analysed. */
  readonly estimatedRows: number;
  readonly bytes: number;
}

export interface Column {
  readonly name: string;
  readonly attnum: number;
  /** format_type() with its modifier, schema-qualified where needed: `numeric(5,2)`, `public.mpaa_rating`. */
  readonly type: string;
  /** True if the type is a domain with constraints: another column of it rewrites the table. */
  readonly constrainedType?: boolean;
  readonly notNull: boolean;
  /** 18+: the name of the NOT NULL constraint. */
  readonly notNullConstraint: string | null;
  /** 18+: false while the NOT NULL constraint is NOT VALID. */
  readonly notNullValid: boolean;
  /** pg_get_expr() of the default, null for none; generated columns have theirs in `generated`. */
  readonly default: string | null;
  readonly identity: "always" | "by default" | null;
  readonly generated: { readonly kind: "stored" | "virtual"; readonly expression: string } | null;
  /** The sequence that the column owns (serial and identity). */
  readonly sequence: RelationName | null;
  /** format_type() of that sequence; where it is left out, the column's own. */
  readonly sequenceType?: string | null;
  /** Further sequences that it owns: DROP COLUMN takes them along. */
  readonly otherSequences?: readonly RelationName[];
  /** What else needs the sequences that it owns, as people name it: DROP COLUMN fails over it. */
  readonly sequenceUsers?: readonly string[];
  /** Explicit collation if it differs from the type's own, as SQL (`"C"`, `public.x`). */
  readonly collation: string | null;
  readonly storage: "plain" | "external" | "extended" | "main";
  /** The storage that the type has by itself. */
  readonly defaultStorage: "plain" | "external" | "extended" | "main";
  readonly compression: "pglz" | "lz4" | null;
  /** SET STATISTICS target, null for the default. */
  readonly statisticsTarget: number | null;
  /** SET (n_distinct = …) options, as `name=value`. */
  readonly options: readonly string[];
  readonly comment: string | null;
  /** Column-level grants. */
  readonly grants: readonly Grant[];
  readonly securityLabels?: readonly { readonly provider: string; readonly label: string }[];
  /** True if it comes from a parent table. */
  readonly inherited: boolean;
}

export interface Constraint {
  readonly name: string;
  readonly kind: "check" | "foreign key" | "primary key" | "unique" | "exclusion" | "not null" | "trigger";
  /** pg_get_constraintdef(). */
  readonly definition: string;
  /** For a check: the expression as the server deparses it, over bare column names. */
  readonly expression: string | null;
  /** Columns of this table that it reads, in the constraint's own order. */
  readonly columns: readonly string[];
  readonly references: ForeignKeyTarget | null;
  readonly deferrable: boolean;
  readonly initiallyDeferred: boolean;
  readonly valid: boolean;
  /** The index behind a primary key, unique or exclusion constraint. */
  readonly index: string | null;
  readonly comment: string | null;
  /** True if it comes from a parent table or partitioned constraint. */
  readonly inherited: boolean;
  readonly noInherit: boolean;
  /** What PostgreSQL would not drop it without: foreign keys that reference it, views. Left out for nothing. */
  readonly neededBy?: readonly string[];
}

export interface ForeignKeyTarget {
  readonly table: RelationName;
  readonly columns: readonly string[];
  readonly onDelete: ForeignKeyAction;
  readonly onUpdate: ForeignKeyAction;
  readonly match: "simple" | "full";
}
export type ForeignKeyAction = "no action" | "restrict" | "cascade" | "set null" | "set default";

/** A foreign key of some table that points at this one. */
export interface Referencing {
  /** `orders_customer_fkey on orders` */
  readonly name: string;
  /** Of this table. */
  readonly columns: readonly string[];
  readonly onDelete: ForeignKeyAction;
  readonly onUpdate: ForeignKeyAction;
}

export interface Index extends RelationName {
  /** pg_get_indexdef(). */
  readonly definition: string;
  /** Every column of the table that it reads: keys, INCLUDE, expressions and predicate. */
  readonly columns: readonly string[];
  readonly unique: boolean;
  readonly primary: boolean;
  readonly exclusion: boolean;
  readonly valid: boolean;
  /** The constraint that it stands behind. */
  readonly constraint: string | null;
  /** The partitioned index that it is attached to. */
  readonly parent: RelationName | null;
  readonly replicaIdentity: boolean;
  readonly clustered: boolean;
  /** Where it is not the database's default; pg_get_indexdef() does not tell. */
  readonly tablespace?: string | null;
  /** Of its expressions, by their place among the keys, from 1. */
  readonly statisticsTargets?: readonly { readonly key: number; readonly target: number }[];
  readonly comment: string | null;
  readonly bytes: number;
}

export interface Trigger {
  readonly name: string;
  readonly definition: string;
  readonly function: string;
  readonly timing: "before" | "after" | "instead of";
  readonly row: boolean;
  readonly events: readonly ("insert" | "update" | "delete" | "truncate")[];
  readonly enabled: "origin" | "disabled" | "replica" | "always";
  /** Columns that UPDATE OF, WHEN or the arguments name. */
  readonly columns: readonly string[];
  readonly inherited: boolean;
}

export interface ExtendedStatistics extends RelationName {
  readonly definition: string;
  readonly columns: readonly string[];
  /** Need not be the table's: it is the role that made the object. */
  readonly owner?: string;
  /** ALTER STATISTICS … SET STATISTICS, null for the default. */
  readonly statisticsTarget?: number | null;
  readonly comment?: string | null;
}

/** Something outside the table's own columns, indexes and constraints that names it or one of its columns. */
export interface Dependent {
  readonly kind:
    | "view"
    | "materialized view"
    | "rule"
    | "policy"
    | "function"
    | "trigger"
    | "generated column"
    | "column"
    | "foreign key"
    | "publication";
  /** As people name it and as `settings.ignore_dependents` takes it: `public.film_list`, `public.f(integer)`. */
  readonly name: string;
  /** The columns that it names; empty if only the table as a whole is known. */
  readonly columns: readonly string[];
  /** `pg_depend` is certain; `text` was found by reading a function's body. */
  readonly evidence: "pg_depend" | "text";
  /** Of a view: why it can't be made to read another column of the same type instead. Left out where it can. */
  readonly obstacle?: string;
}

/** Something outside of a table, its partitions, indexes and sequences that the table can't go without notice of. */
export interface TableNeed {
  /** `view`, `foreign key`, `function`, `default value` …: as pg_identify_object() has it, but for views and foreign keys. */
  readonly kind: string;
  /** As people name it and as `settings.ignore_dependents` takes it. */
  readonly name: string;
  /** The table or view that it is a part of, or is. */
  readonly on: RelationName | null;
  /** `pg_depend` is certain; `text` was found by reading a function's body. */
  readonly evidence: "pg_depend" | "text";
  /** By `text`: the names that the body has in it, of the table or of its partitions. */
  readonly names: readonly string[];
}

/** A question that only the server can answer; asked before compilation, answered in a transaction that is rolled back. */
export type Question =
  /** What would `ALTER TABLE <table> <action>` do to the rows? */
  | { readonly ask: "alter"; readonly table: RelationName; readonly action: string }
  /** How does the server write this type (`int` → `integer`)? */
  | { readonly ask: "type"; readonly type: string }
  /** What are the values of this enum, in their order? */
  | { readonly ask: "enum"; readonly type: RelationName }
  /** What has this enum, and what uses it? */
  | { readonly ask: "enum use"; readonly type: RelationName }
  /** Can this enum be created? If so, it is there for the questions that follow. */
  | { readonly ask: "create enum"; readonly type: RelationName; readonly values: readonly string[] }
  /** Do these names, written without a schema, mean the same whatever search_path a session has? */
  | {
      readonly ask: "names";
      readonly functions: readonly string[];
      readonly operators: readonly string[];
      readonly types: readonly string[];
    };

export type Fact =
  | { readonly rewrite: boolean; readonly scan: boolean; readonly reindex: boolean }
  | {
      readonly type: string;
      /** True for a domain with constraints: ADD COLUMN rewrites the table for one. */
      readonly constrained?: boolean;
      /** True if values of the type have a collation. */
      readonly collatable?: boolean;
    }
  | { readonly values: readonly string[] }
  | { readonly use: EnumUse }
  | { readonly anyPath: boolean }
  | { readonly error: string; readonly sqlstate: string };

/** The key of a question's answer in Catalog.facts. */
export function factKey(question: Question): string {
  return JSON.stringify(question);
}
