import type { Phase } from "./phase.ts";
import type { Position } from "./position.ts";
import type { PartialSettings } from "./settings.ts";

/** One entry of a plan: `{ rename_column: { table: users, … } }`, validated by its kind's own schema. */
export interface Spec {
  readonly kind: string;
  readonly fields: Readonly<Record<string, unknown>>;
}

/** Where the parts of a plan stand in its file: `["operations", 0, "rename_column", "from"]` → line and column. */
export type Locate = (
  path: readonly (string | number)[],
) => { readonly at: Position; readonly source: string } | undefined;

export interface Requirement {
  readonly plan: string;
  /** How far the other plan must have come. */
  readonly phase: "ready" | "completed";
}

/** Evidence that contract asks for. */
export type Gate =
  | { readonly kind: "approval"; readonly by: string }
  | { readonly kind: "query"; readonly sql: string; readonly is: string };

/** Whose marks tell the way up from the way down in one `.sql` file. */
export type SqlMarks = "dbmate" | "goose" | "node-pg-migrate";

/** What a plan file says. Data, without anything of the database that it will run on. */
export interface Plan {
  /** The file's name without its ending: the plan's one name. */
  readonly id: string;
  /** The digits in front of the name, compared as a number. */
  readonly version: string;
  readonly name: string;
  readonly file: string;
  readonly form: "yaml" | "sql";
  /** Of a `.sql` file with marks. */
  readonly marks?: SqlMarks;
  readonly description: string;
  readonly requires: readonly Requirement[];
  readonly conflicts: readonly string[];
  readonly operations: readonly Spec[];
  readonly phases: Readonly<Record<Phase, readonly Spec[]>>;
  readonly gates: readonly Gate[];
  readonly settings: PartialSettings;
  /** Of the inverse of another plan: that one's versioned schemas, and what they had replaced. */
  readonly takesBack?: readonly { readonly of: string; readonly from: string | null; readonly to: string | null }[];
  /** SHA-256 of the parsed content in canonical form: comments and indentation do not count. */
  readonly hash: string;
  /** The parsed content that was hashed; kept in the journal, so that drift can be shown as a difference. */
  readonly content: unknown;
  readonly locate: Locate;
}
