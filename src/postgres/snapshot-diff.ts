import { isDeepStrictEqual } from "node:util";
import type { Json, Properties, Snapshot } from "./snapshot.ts";

/** A value beyond this many characters (a function's text) is not printed. */
const LONGEST_VALUE = 160;

/**
 * What is different in `after`, one sentence a difference: `table public.users: column handle added`. Empty if the
 * catalogs are the same. What was renamed is one removed and one added.
 */
export function diffSnapshots(before: Snapshot, after: Snapshot): string[] {
  return named(before.objects, after.objects).flatMap(({ name, was, is }) => {
    if (was === undefined) return [`${name} added`];
    if (is === undefined) return [`${name} removed`];
    const parts = named(was.parts, is.parts).flatMap(({ name: part, was: partWas, is: partIs }) => {
      if (partWas === undefined) return [`${name}: ${part} added`];
      if (partIs === undefined) return [`${name}: ${part} removed`];
      return changes(`${name}: ${part}`, partWas, partIs);
    });
    return [...changes(name, was.properties, is.properties), ...parts];
  });
}

function changes(subject: string, before: Properties, after: Properties): string[] {
  return named(before, after).flatMap(({ name, was, is }) => {
    if (isDeepStrictEqual(was, is)) return [];
    if (name === "column order") return moved(subject, was, is);
    if (was === undefined) return [`${subject}: ${name} added${shown(": ", is)}`];
    if (is === undefined) return [`${subject}: ${name} removed${shown(": ", was)}`];
    const [from, to] = [shown(" from ", was), shown(" to ", is)];
    return [`${subject}: ${name} changed${from === "" || to === "" ? "" : from + to}`];
  });
}

/** Columns that came or went are told as parts; here only the order of those that stayed. */
function moved(subject: string, before: Json | undefined, after: Json | undefined): string[] {
  const [was, is] = [before, after].map((columns) => (Array.isArray(columns) ? (columns as string[]) : []));
  const stayed = (columns: string[] = [], others: string[] = []): string[] =>
    columns.filter((column) => others.includes(column));
  const [from, to] = [stayed(was, is), stayed(is, was)];
  if (isDeepStrictEqual(from, to)) return [];
  return [`${subject}: column order changed from ${from.join(", ")} to ${to.join(", ")}`];
}

interface Named<T> {
  readonly name: string;
  readonly was: T | undefined;
  readonly is: T | undefined;
}

function named<T>(before: Readonly<Record<string, T>>, after: Readonly<Record<string, T>>): Named<T>[] {
  const names = new Set([...Object.keys(before), ...Object.keys(after)]);
  return [...names].toSorted().map((name) => ({ name, was: own(before, name), is: own(after, name) }));
}

// A column may be called `constructor`.
function own<T>(record: Readonly<Record<string, T>>, name: string): T | undefined {
  return Object.hasOwn(record, name) ? record[name] : undefined;
}

function shown(lead: string, value: Json | undefined): string {
  const text = typeof value === "string" ? value : JSON.stringify(value);
  return text === undefined || text.length > LONGEST_VALUE ? "" : lead + text;
}
