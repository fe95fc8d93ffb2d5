import { type core, globalRegistry, type ZodType } from "zod";
import { nearestName } from "../sql/nearest-name.ts";
import { quoted, suggestion } from "./did-you-mean.ts";
import { descriptionAt, keysAt } from "./schema-at.ts";
import { bestBranch, expectedTypes } from "./zod-union.ts";

export type Path = readonly (string | number)[];

/** What is wrong at one path of a parsed file, and whether its key or its value is the place to show. */
export interface Finding {
  readonly path: Path;
  readonly at: "key" | "value";
  readonly message: string;
  /** For a key that is not there: its name. */
  readonly missing?: string;
  /** True if YAML has cut a value at its commas: what is left of it is no use to look at. */
  readonly cut?: true;
  /** For an unknown key: the one that was probably meant. */
  readonly meant?: string;
}

/** What the findings are about: the schema, the value that it refused, and how people call that value. */
export interface Subject {
  readonly schema: ZodType;
  readonly value: unknown;
  readonly name: string;
  /** A scalar as the file has it, if it is known. */
  readonly written?: (path: Path) => string | undefined;
}

/** Turns zod's issues into sentences with the names of the format, all of them, in zod's order. */
export function zodFindings(issues: readonly core.$ZodIssue[], subject: Subject): readonly Finding[] {
  const found = issues.flatMap((issue) => findingsOf(issue, [], subject));
  // `tabel: users`: one mistake, not an unknown key and a missing one.
  return found.filter(
    ({ missing: name, path }) =>
      name === undefined ||
      !found.some((other) => other.meant === name && same(other.path.slice(0, -1), path.slice(0, -1))),
  );
}

function same(a: Path, b: Path): boolean {
  return a.length === b.length && a.every((part, index) => part === b[index]);
}

function findingsOf(issue: core.$ZodIssue, prefix: Path, subject: Subject): readonly Finding[] {
  const path = [...prefix, ...(issue.path as Path)];
  const value = valueAt(subject.value, path);
  const name = nameOf(path, subject.name);
  const here = (message: string): readonly Finding[] => [{ path, at: "value", message }];
  if (value === undefined && path.length > 0 && MISSING.has(issue.code)) return [missing(path, name, subject)];
  const seen = told(value, path, subject);
  switch (issue.code) {
    case "unrecognized_keys":
      return issue.keys.map((key) => unknownKey(key, path, name, subject));
    case "invalid_key":
      return [
        { path, at: "key", message: `the key ${name}: ${issue.issues.map(({ message }) => message).join("; ")}` },
      ];
    case "invalid_type":
      return here(
        isOwn(issue)
          ? `${name} can't be ${seen}: ${issue.message}`
          : refusal(name, expectedTypes([issue.expected]), seen, value),
      );
    case "invalid_value":
      return here(`${name} can't be ${seen}${suggestion(String(value), issue.values.map(String))}`);
    case "invalid_union": {
      if (value === null && isCut(String(path.at(-1)))) return [cut(path)];
      const branch = bestBranch(issue);
      if (branch.kind === "issues") return branch.issues.flatMap((inner) => findingsOf(inner, path, subject));
      return here(
        isOwn(issue) ? `${name} can't be ${seen}: ${issue.message}` : refusal(name, branch.expected, seen, value),
      );
    }
    case "too_small":
    case "too_big":
      return here(isOwn(issue) ? `${name}: ${issue.message}` : bound(issue, name, seen));
    case "invalid_format":
      return here(`${name} can't be ${seen}${isOwn(issue) ? `: ${issue.message}` : ""}`);
    default:
      return here(`${name}: ${issue.message}`);
  }
}

/** Issues that a value that is not there may have. */
const MISSING = new Set<string>(["invalid_type", "invalid_value", "invalid_union"]);

function refusal(name: string, expected: string, seen: string, value: unknown): string {
  if (value === null) return `${name} is empty; it takes ${expected}`;
  const scalar = typeof value === "number" || typeof value === "boolean";
  const hint =
    scalar && /\btext\b/.test(expected) ? `; in quotes it is text: "${seen.replace("the number ", "")}"` : "";
  return `${name} takes ${expected}, not ${seen}${hint}`;
}

function bound(issue: core.$ZodIssueTooSmall | core.$ZodIssueTooBig, name: string, seen: string): string {
  const number = issue.origin === "number" || issue.origin === "int";
  if (issue.code === "too_small" && !number && Number(issue.minimum) <= 1) return `${name} can't be empty`;
  const limit = issue.code === "too_small" ? `at least ${issue.minimum}` : `at most ${issue.maximum}`;
  return number
    ? `${name} is ${limit}, not ${seen}`
    : `${name} has ${limit} ${issue.origin === "string" ? "characters" : "entries"}`;
}

/** True if the schema gives its own words; zod's begin like this. */
function isOwn({ message }: core.$ZodIssue): boolean {
  return !/^(Invalid|Too (small|big)|Unrecognized)\b/.test(message);
}

function unknownKey(key: string, path: Path, name: string, { schema, value }: Subject): Finding {
  const place = { path: [...path, key], at: "key" as const };
  const inside = (valueAt(value, path) ?? {}) as Readonly<Record<string, unknown>>;
  if (inside[key] === null && isCut(key)) return cut(place.path);
  const known = keysAt(schema, path);
  const unused = known.filter((one) => !Object.hasOwn(inside, one));
  const meant = nearestName(key, unused);
  if (meant !== undefined)
    return { ...place, meant, message: `${name} has no key \`${key}\`; did you mean \`${meant}\`?` };
  const rest = unused.length === 0 ? "" : `; it ${unused.length < known.length ? "also " : ""}takes ${quoted(unused)}`;
  return { ...place, message: `${name} has no key \`${key}\`${rest}` };
}

/** `{ a: f(b, ' ', 1) }` has the keys `a`, `' '` and `1)`. */
function isCut(key: string): boolean {
  return /[()'"\s]/.test(key);
}

function cut(path: Path): Finding {
  const message = `\`${String(path.at(-1))}\` is read as a key of its own: inside { } a comma ends a value; put the expression in quotes`;
  return { path, at: "key", cut: true, message };
}

function missing(path: Path, name: string, { schema }: Subject): Finding {
  const about = descriptionAt(schema, path, (one) => globalRegistry.get(one)?.description);
  const what = about === undefined ? "" : `: ${about.charAt(0).toLowerCase()}${about.slice(1).replace(/\.$/, "")}`;
  return { path, at: "value", message: `${name} is missing${what}`, missing: String(path.at(-1)) };
}

function nameOf(path: Path, whole: string): string {
  const index = path.findLastIndex((part) => typeof part === "string");
  if (index === -1) return whole;
  return `\`${String(path[index])}${path
    .slice(index + 1)
    .map((part) => `[${part}]`)
    .join("")}\``;
}

function told(value: unknown, path: Path, { written }: Subject): string {
  if (value === null || value === undefined) return "nothing";
  if (Array.isArray(value)) return "a list";
  if (typeof value === "object") return "a mapping";
  if (typeof value === "string")
    return `"${(value.length > 60 ? `${value.slice(0, 60)}…` : value).replace(/\s+/g, " ")}"`;
  const text = written?.(path) ?? JSON.stringify(value);
  return typeof value === "number" ? `the number ${text}` : text;
}

function valueAt(value: unknown, path: Path): unknown {
  return path.reduce<unknown>(
    (inside, part) =>
      typeof inside === "object" && inside !== null && Object.hasOwn(inside, part)
        ? (inside as Record<string | number, unknown>)[part]
        : undefined,
    value,
  );
}

/** `a`, `b` and `c`, for messages that list fields. */
export function fieldList(schema: ZodType): string {
  return quoted(keysAt(schema, []));
}
