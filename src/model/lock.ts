import type { RelationName } from "./relation.ts";

/** Table-level lock modes, weakest first (PostgreSQL manual, 13.3.1). */
export const LOCK_MODES = [
  "ACCESS SHARE",
  "ROW SHARE",
  "ROW EXCLUSIVE",
  "SHARE UPDATE EXCLUSIVE",
  "SHARE",
  "SHARE ROW EXCLUSIVE",
  "EXCLUSIVE",
  "ACCESS EXCLUSIVE",
] as const;
export type LockMode = (typeof LOCK_MODES)[number];

/** A lock that a step is forecast to take on a relation that stood before it. */
export interface TableLock {
  readonly relation: RelationName;
  readonly mode: LockMode;
  /** True for a view that is locked because it reads the table: steps of one table are one transaction for all that. */
  readonly alongside?: boolean;
}
