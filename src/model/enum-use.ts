import type { Grant } from "./grant.ts";
import type { RelationName } from "./relation.ts";

/** An enum with all that uses it: what another enum has to take over to stand in its place. */
export interface EnumUse {
  /** format_type() of it: `public.mood`. */
  readonly type: string;
  /** Its values, in their order. */
  readonly values: readonly string[];
  readonly owner: string;
  readonly comment: string | null;
  /** What is granted on it, the owner's own included; null while it has the built-in grants. */
  readonly grants: readonly Grant[] | null;
  /** The columns of tables that hold it, those of partitions left out; `array` for an array of it. */
  readonly columns: readonly EnumColumn[];
  /** What else is made of it and does not go along with one of these columns, as people name it: functions, views, domains. */
  readonly others: readonly string[];
}

export interface EnumColumn {
  readonly table: RelationName;
  readonly column: string;
  readonly array: boolean;
}
