import type { Problem } from "../model/errors.ts";
import { parse } from "../sql/parser.ts";
import { checkScript } from "./check-sql.ts";
import { splitStatements } from "../sql/statements.ts";
import { locateInSql } from "./locate.ts";
import { withoutOuterTransaction } from "./outer-transaction.ts";
import type { PlanFile, PlanResult } from "./plan-file.ts";
import { planHash } from "./plan-hash.ts";
import type { PlanName } from "./plan-name.ts";
import { SourceFile } from "./source-file.ts";
import { splitByMarks, type SqlPart, type SqlParts } from "./sql-marks.ts";

const MAX_BYTES = 1_048_576;

/** Reads a plan of plain SQL: one `sql` step in expand, with its way down where there is one. */
export function readSqlPlan(name: PlanName, file: PlanFile): PlanResult {
  const source = new SourceFile(file.path, file.text);
  const parts = bothParts(source, file, name.part === "up" || file.down !== undefined);
  const problems = [...parts.problems, ...nameProblems(name, file)];
  if (problems.length === 0)
    for (const part of [parts.up, parts.down]) if (part !== null) problems.push(...scriptProblems(part));
  if (problems.length === 0 && (parts.up === null || isEmpty(withoutOuterTransaction(parts.up))))
    problems.push(source.problem(parts.up?.start ?? 0, "the plan does nothing; there is no statement in it"));
  if (problems.length > 0 || parts.up === null) return { plan: null, problems };

  const up = withoutOuterTransaction(parts.up);
  const transaction = parts.transaction || up !== parts.up;
  const back = parts.down === null ? null : withoutOuterTransaction(parts.down);
  const down = back === null || isEmpty(back) ? null : back;
  const fields = {
    up: up.text,
    ...(down === null ? {} : { down: down.text }),
    ...(transaction ? {} : { transaction }),
  };
  const content = {
    up: normal(up.text),
    ...(down === null ? {} : { down: normal(down.text) }),
    ...(transaction ? {} : { transaction }),
  };
  return {
    problems: null,
    plan: {
      id: name.id,
      version: name.version,
      name: name.name,
      file: file.path,
      form: "sql",
      ...(parts.marks === null ? {} : { marks: parts.marks }),
      description: name.name.replaceAll("_", " "),
      requires: [],
      conflicts: [],
      operations: [],
      phases: { expand: [{ kind: "sql", fields }], backfill: [], contract: [] },
      gates: [],
      settings: {},
      hash: planHash(content),
      content,
      locate: locateInSql(source, (path) => (path.includes("down") && down !== null ? down : up)),
    },
  };
}

/** The two ways, by marks in the one file or from two files. */
function bothParts(source: SourceFile, { down }: PlanFile, isHalf: boolean): SqlParts {
  const parts = splitByMarks(source, isHalf);
  if (down === undefined) return parts;
  const below = new SourceFile(down.path, down.text);
  const other = splitByMarks(below, true);
  const problems = [parts.marks === null ? null : source, other.marks === null ? null : below].flatMap((marked) =>
    marked === null ? [] : [marked.problem(0, "a plan is either one file with marks, or a pair of files without them")],
  );
  return { ...parts, down: { source: below, start: 0, text: below.text }, problems: [...parts.problems, ...problems] };
}

function nameProblems(name: PlanName, { path, text }: PlanFile): Problem[] {
  const at = { file: path, line: 1, column: 1 };
  if (name.part === "down")
    return [
      {
        message: `a plan is not read by its way down; give the file with the way up: ${name.id}.up.sql or ${name.id}.sql`,
        at,
      },
    ];
  const bytes = Buffer.byteLength(text);
  return bytes > MAX_BYTES ? [{ message: `a plan is at most 1 MiB; this file has ${bytes} bytes`, at }] : [];
}

function scriptProblems(part: SqlPart): Problem[] {
  const { source, start, text } = withoutOuterTransaction(part);
  const faults = checkScript(text);
  if (faults.length > 0 || text === part.text)
    return faults.map(({ message, offset }) => source.problem(start + offset, message));
  return splitStatements(text)
    .filter(({ transactional }) => !transactional)
    .map(({ offset }) => source.problem(start + offset, "this can't run in the transaction that the file begins"));
}

function isEmpty({ text }: SqlPart): boolean {
  return parse(text).statements?.length === 0;
}

/** Line ends of another system and white space at the end are no change of the plan. */
function normal(text: string): string {
  return text.replaceAll("\r\n", "\n").trim();
}
