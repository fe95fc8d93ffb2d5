import type { Table } from "../model/catalog.ts";
import { SegueError } from "../model/errors.ts";
import { relationKey } from "../model/relation.ts";

/**
 * SEG0102 with everything that hangs on a column and that a duplicate can't take over. Functions were found by their text
 * alone, so the way to declare them harmless is given in full.
 */
export function uncarriableError(table: Table, column: string, found: readonly string[]): SegueError {
  const place = `${relationKey(table)}.${column}`;
  const hang = found.length === 1 ? "this hangs" : `these ${found.length} hang`;
  return new SegueError("SEG0102", {
    message: `${place} can't be replaced: ${hang} on it and can't be carried over`,
    object: place,
    problems: found.map((message) => ({ message })),
    next: `drop or change them in an earlier plan, and create them again in a later one${harmless(textFunctions(table, column, found))}`,
  });
}

/** The functions among what was found that are known by their text alone. */
export function textFunctions(table: Table, column: string, found: readonly string[]): readonly string[] {
  return table.dependents
    .filter(({ columns, evidence, kind }) => kind === "function" && evidence === "text" && columns.includes(column))
    .filter(({ name }) => found.some((line) => line.includes(name)))
    .map(({ name }) => name);
}

/** How such functions are declared to go on working, as the end of a sentence. */
export function harmless(functions: readonly string[]): string {
  if (functions.length === 0) return "";
  return `. Functions that go on working are declared in the plan: settings: { ignore_dependents: ${JSON.stringify(functions)} }`;
}
