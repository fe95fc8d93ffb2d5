import type { core } from "zod";

export type Branch =
  | { readonly kind: "issues"; readonly issues: readonly core.$ZodIssue[] }
  /** No branch takes a value of this type: what they take. */
  | { readonly kind: "types"; readonly expected: string };

/**
 * The branch of a union that was most probably meant: of those that take a value of its type at all, the one
 * with the least to complain about.
 */
export function bestBranch(issue: core.$ZodIssueInvalidUnion): Branch {
  const branches = issue.errors.map((issues) => issues.flatMap(flatten));
  const fitting = branches.filter((issues) => !issues.some(isRootMismatch));
  const best = fitting.toSorted((a, b) => weight(a) - weight(b))[0];
  if (best !== undefined) return { kind: "issues", issues: best };
  if ("options" in issue && issue.options !== undefined)
    return { kind: "types", expected: either(issue.options.map((option) => `\`${String(option)}\``)) };
  const expected = branches
    .flat()
    .filter(isRootMismatch)
    .flatMap((one) =>
      one.code === "invalid_type"
        ? [one.expected]
        : one.code === "invalid_value"
          ? one.values.map((value) => `=${String(value)}`)
          : [],
    );
  return { kind: "types", expected: expectedTypes(expected) };
}

/** zod's names of types in plain words: `text, a number or true or false`. */
export function expectedTypes(types: readonly string[]): string {
  return either([
    ...new Set(types.map((type) => (type.startsWith("=") ? `\`${type.slice(1)}\`` : (WORDS[type] ?? `a ${type}`)))),
  ]);
}

const WORDS: Readonly<Record<string, string>> = {
  string: "text",
  number: "a number",
  int: "a whole number",
  boolean: "true or false",
  array: "a list",
  object: "a mapping",
  record: "a mapping",
  null: "null",
};

function either(words: readonly string[]): string {
  return words.length < 2 ? words.join("") : `${words.slice(0, -1).join(", ")} or ${words.at(-1) ?? ""}`;
}

/** A union inside a branch counts as its own best branch. */
function flatten(issue: core.$ZodIssue): readonly core.$ZodIssue[] {
  if (issue.code !== "invalid_union" || issue.path.length > 0) return [issue];
  const best = bestBranch(issue);
  return best.kind === "issues" ? best.issues : issue.errors.flat();
}

function isRootMismatch(issue: core.$ZodIssue): boolean {
  return issue.path.length === 0 && (issue.code === "invalid_type" || issue.code === "invalid_value");
}

/** A wrong constant (`kind: x`) rules a branch out more than an unknown key or a missing one. */
function weight(issues: readonly core.$ZodIssue[]): number {
  return issues.reduce(
    (sum, issue) =>
      sum + (issue.code === "invalid_value" ? 10 : issue.code === "unrecognized_keys" ? 2 * issue.keys.length : 1),
    0,
  );
}
