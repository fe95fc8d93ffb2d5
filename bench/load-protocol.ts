/** What the process that plays the clients is started with, as JSON. */
export interface LoadOptions {
  readonly url: string;
  /** Transactions a second. */
  readonly rate: number;
  readonly connections: number;
  /** Keys are drawn from 1 to this. */
  readonly rows: number;
}

/** `begin` starts the time that is measured, `end` ends it. */
export type LoadRequest = "begin" | "end";

/** `ready` once all clients are connected and warm; a report after `end`. */
export type LoadAnswer = "ready" | LoadReport;

/** What clients have waited, in milliseconds, from when a transaction was due to its answer. */
export interface LoadReport {
  readonly transactions: number;
  /** Messages of transactions that failed. */
  readonly failed: readonly string[];
  readonly p50: number;
  readonly p95: number;
  readonly p99: number;
  readonly longest: number;
}
