import type { RelationName } from "./relation.ts";

/** What a plan that makes versioned schemas must know of the database besides the tables that it works on. */
export interface Versioned {
  /** Ordinary and partitioned tables of the schemas that the plan touches; no partition and no member of an extension. */
  readonly tables: readonly VersionedTable[];
  /** The names of all schemas of the database. */
  readonly schemas: readonly string[];
  readonly standing: readonly StandingVersion[];
  /** Whether the role that runs Segue may create a schema. */
  readonly mayCreate: boolean;
}

export interface VersionedTable extends RelationName {
  readonly columns: readonly string[];
  readonly rowSecurity: boolean;
  /** Whether the role that runs Segue may read and write it: before 15 a view of its own does so with its rights. */
  readonly reachable: boolean;
  /** Roles that may read some of its columns and not the whole. */
  readonly partialReaders: readonly string[];
}

/** A versioned schema that an earlier plan has left in use. */
export interface StandingVersion {
  readonly schema: string;
  /** The schema whose tables it shows. */
  readonly of: string;
  /** What is in it. */
  readonly views: readonly string[];
}

/** What a rollout does to the versioned schemas of one schema. */
export interface Version {
  /** The schema whose tables are shown. */
  readonly of: string;
  /** Where they are shown; null for the inverse of a plan that replaced none. */
  readonly schema: string | null;
  /** Versions of before, and what they are called between the cut-over and the drop. */
  readonly replaces: readonly { readonly schema: string; readonly hidden: string; readonly views: readonly string[] }[];
}

/** By this comment, with the name of the schema behind it, a versioned schema is known for Segue's own. */
export const VERSION_MARK = "tables as a version of the application wants them, shown by Segue; of schema ";
