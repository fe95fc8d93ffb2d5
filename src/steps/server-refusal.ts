import type { Fact } from "../model/catalog.ts";
import { SegueError } from "../model/errors.ts";

/** undefined_table and undefined_column: an earlier entry of the plan makes it, so the server could not be asked. */
const NOT_THERE_YET: ReadonlySet<string> = new Set(["42P01", "42703"]);

/** @throws SegueError SEG0101 with the server's words, if it was asked and refused. */
export function refuseWhatTheServerRefused(fact: Fact | undefined, place: string): void {
  if (fact === undefined || !("error" in fact) || NOT_THERE_YET.has(fact.sqlstate)) return;
  throw new SegueError("SEG0101", {
    message: `${place}: ${fact.error}`,
    object: place,
    detail: { sqlstate: fact.sqlstate },
  });
}
