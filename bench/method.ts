import type { BenchServer } from "./bench-server.ts";

/** The names of the ways to fill a column, in the order in which they run. */
export const METHODS = ["update", "keyset", "pgroll_statement", "segue_1", "segue_2", "pgroll"] as const;
export type MethodName = (typeof METHODS)[number];

/** What a method is given. */
export interface Target {
  readonly server: BenchServer;
  readonly database: string;
  readonly rows: number;
}

/** One way to fill the column. */
export interface Method {
  readonly name: MethodName;
  /** For people. */
  readonly label: string;
  /** What is filled, where it is not the column itself. */
  readonly column?: string;
  /** Adds the column and what keeps it in step with the clients' writes. */
  prepare(target: Target): Promise<void>;
  /** Fills every row: this is what is measured. */
  run(target: Target): Promise<void>;
}
