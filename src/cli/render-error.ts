import { ERRORS, EXIT, type ExitCode, type Problem, renderProblems, SegueError } from "../index.ts";
import { printable } from "./printable.ts";
import type { Suggest } from "./suggest.ts";
import type { Colors } from "./terminal.ts";

const HEADINGS: Readonly<Record<ExitCode, string>> = {
  [EXIT.done]: "Done",
  [EXIT.failed]: "Failed",
  [EXIT.workPending]: "Pending",
  [EXIT.refused]: "Refused",
  [EXIT.timedOut]: "Timed out",
  [EXIT.leaseHeld]: "Refused",
  [EXIT.usage]: "Usage",
  [EXIT.interrupted]: "Stopped",
  [EXIT.terminated]: "Stopped",
};

export interface ErrorStyle {
  readonly colors: Colors;
  readonly suggest: Suggest;
  /** With stack traces. */
  readonly verbose: boolean;
}

/** An error for people: what failed and why, where, what was left behind, and what to do next. */
export function renderError(error: unknown, { colors, suggest, verbose }: ErrorStyle): string {
  const { heading, message, problems, left, next, reference } = parts(error);
  const head = `${colors.bold(colors.red(`${heading}:`))} ${suggest(sentence(message))}${left === undefined ? "" : ` ${suggest(sentence(left))}`}`;
  return [
    head,
    ...problems.map((problem) => suggest(problemText(problem, message, colors))),
    ...(next === undefined ? [] : [`${colors.bold("Next:")} ${suggest(printable(next))}`]),
    ...(reference === undefined ? [] : [colors.dim(reference)]),
    ...(verbose ? [colors.dim(trace(error))] : []),
    "",
  ].join("\n");
}

function parts(error: unknown) {
  if (error instanceof SegueError) {
    const { code, message, problems, left, next, exitCode } = error;
    const reference = `${code}: ${ERRORS[code].title.toLowerCase()} (${docsPage(code)})`;
    return { heading: HEADINGS[exitCode], message, problems, left, next, reference };
  }
  const message = error instanceof Error ? error.message : String(error);
  const sqlstate = sqlstateOf(error);
  return {
    heading: HEADINGS[EXIT.failed],
    message: sqlstate === undefined ? message : `the server said: ${message} (SQLSTATE ${sqlstate})`,
    problems: [],
    left: undefined,
    next: "the same command with -v shows where it came from",
    reference: undefined,
  };
}

/** Where a code is explained, in the package and in the repository. */
function docsPage(code: string): string {
  return `docs/errors/${code}.md`;
}

/** @param said the error's own message: a problem that says the same only adds its place */
function problemText(problem: Problem, said: string, colors: Colors): string {
  if (problem.at !== undefined && problem.message === said) {
    return renderProblems([{ ...problem, message: "" }]).replace(/: (?=\n|$)/, "");
  }
  if (problem.at !== undefined) return renderProblems([problem]);
  const text = printable(problem.message);
  if (text.startsWith("✔ ")) return `  ${colors.green("✔")} ${text.slice(2)}`;
  if (text.startsWith("✖ ")) return `  ${colors.red("✖")} ${text.slice(2)}`;
  return `  ${text}`;
}

function sentence(text: string): string {
  const line = printable(text).trim();
  return /[.!?…]$/.test(line) ? line : `${line}.`;
}

function trace(error: unknown): string {
  const stacks: string[] = [];
  for (let one = error; one instanceof Error; one = one.cause) stacks.push(one.stack ?? String(one));
  return stacks.join("\ncaused by ");
}

/** The server's code for what it refused; node's own errors have codes of another shape. */
function sqlstateOf(error: unknown): string | undefined {
  const code = error instanceof Error && "code" in error ? error.code : undefined;
  return typeof code === "string" && /^[0-9A-Z]{5}$/.test(code) ? code : undefined;
}

/** An error for programs. */
export function errorFields(error: unknown, suggest: Suggest, exitCode: ExitCode): object {
  if (!(error instanceof SegueError)) {
    const message = error instanceof Error ? error.message : String(error);
    return {
      code: null,
      title: null,
      exitCode,
      message,
      sqlstate: sqlstateOf(error) ?? null,
      object: null,
      left: null,
      next: null,
      problems: [],
      docs: null,
    };
  }
  const { code, message, object, left, next, problems } = error;
  return {
    code,
    title: ERRORS[code].title,
    exitCode,
    message,
    object: object ?? null,
    left: left ?? null,
    next: next === undefined ? null : suggest(next),
    problems: problems.map((problem) => ({
      message: problem.message,
      file: problem.at?.file ?? null,
      line: problem.at?.line ?? null,
      column: problem.at?.column ?? null,
      source: problem.source ?? null,
      object: problem.object ?? null,
    })),
    docs: docsPage(code),
  };
}
