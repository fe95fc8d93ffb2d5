import type { Version } from "./application-version.ts";
import type { Period } from "./latencies.ts";
import type { ShopSize } from "./shop.ts";

/** How much traffic, and where to. */
export interface TrafficOptions {
  readonly url: string;
  readonly size: ShopSize;
  readonly connections: number;
  /** Visits a second, of all connections together; most are one query, some four. */
  readonly rate: number;
}

/** How the traffic fares, so far. */
export interface TrafficCounts {
  readonly queries: number;
  readonly failed: number;
  /** Milliseconds; without the warm-up. */
  readonly longest: number;
  /** Statements that were prepared anew because their result had changed its type. */
  readonly stalePlans: number;
  /** Rows that were not what a client had written. */
  readonly mismatches: number;
  /** The first failures and mismatches, as text. */
  readonly complaints: readonly string[];
}

/** What the main thread asks of the thread that sends the traffic. */
export type TrafficRequest =
  | { readonly ask: "start"; readonly version: Version }
  /** So many connections are to be of this version, replaced one after the other. */
  | { readonly ask: "deploy"; readonly version: Version; readonly connections: number }
  | { readonly ask: "period"; readonly period: Period }
  | { readonly ask: "counts" }
  /** Disconnects all. */
  | { readonly ask: "stop" }
  /** Compares all rows with what was written; answers with how many there are. */
  | { readonly ask: "check"; readonly version: Version };

/** The answer to every request. */
export interface TrafficReport {
  readonly counts: TrafficCounts;
  /** Milliseconds; null while clients run, whom the sorting would hold up. */
  readonly p99: { readonly before: number; readonly during: number } | null;
  /** How many rows were compared, by `check`. */
  readonly rows: number;
}

/** A report, or why there is none. */
export type TrafficAnswer = TrafficReport | { readonly error: string };
