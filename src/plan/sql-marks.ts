import type { Problem } from "../model/errors.ts";
import type { SqlMarks } from "../model/plan.ts";
import type { SourceFile } from "./source-file.ts";

/** A stretch of a file. */
export interface SqlPart {
  readonly source: SourceFile;
  readonly start: number;
  readonly text: string;
}

export interface SqlParts {
  readonly up: SqlPart | null;
  readonly down: SqlPart | null;
  readonly transaction: boolean;
  /** Whose marks say which part is which; null if the file is one part. */
  readonly marks: SqlMarks | null;
  readonly problems: readonly Problem[];
}

/** A comment that seems to be a mark of dbmate's or goose's, right or not. */
const MARK = /^[ \t]*--[ \t]*(?:(migrate)\b[ \t]*(.*?)|\+[ \t]*(goose)\b[ \t]*(.*?))[ \t]*\r?$/gim;

/** node-pg-migrate goes by the first words of a comment, whatever follows them on the line. */
const WORDS = /^[ \t]*--[ \t-]*(up|down)[ \t]+migration.*$/gim;

type Mark = "up" | "down" | "no transaction" | "nothing";

interface Marked {
  readonly by: SqlMarks;
  readonly mark: Mark;
  readonly start: number;
  readonly end: number;
  readonly transaction: boolean;
}

const FIRST: Readonly<Record<SqlMarks, string>> = {
  dbmate: "-- migrate:up",
  goose: "-- +goose Up",
  "node-pg-migrate": "-- Up Migration",
};

/**
 * Splits a file by the marks of dbmate (`-- migrate:up`, `-- migrate:down`, with `transaction:false`), of goose
 * (`-- +goose Up`, `Down`, `NO TRANSACTION`, `StatementBegin`, `StatementEnd`) or of node-pg-migrate (`-- Up Migration`,
 * `-- Down Migration`). A mark that is not understood is an error: taken for a comment, it would run the way down as part
 * of the way up.
 *
 * @param half true for one of a pair of files: what node-pg-migrate takes for a mark is a usual headline there
 */
export function splitByMarks(source: SourceFile, half = false): SqlParts {
  const problems: Problem[] = [];
  const parts: { up: SqlPart | null; down: SqlPart | null } = { up: null, down: null };
  const unlike = unlikeAnyComment(source, problems);
  const marks = unlike.length > 0 || half ? unlike : inWords(source);
  const [first] = marks;
  if (first === undefined)
    return { up: { source, start: 0, text: source.text }, down: null, transaction: true, marks: null, problems };

  const sections = marks.filter(({ mark }) => mark === "up" || mark === "down");
  for (const [index, { mark, end, start }] of sections.entries()) {
    const side = mark === "up" ? "up" : "down";
    if (parts[side] !== null)
      problems.push(
        source.problem(
          start,
          `the mark for ${side} stands twice; first on line ${source.position(parts[side].start).line}`,
        ),
      );
    else parts[side] = { source, start: end, text: source.text.slice(end, sections[index + 1]?.start) };
  }
  const other = marks.find(({ by }) => by !== first.by);
  if (other !== undefined)
    problems.push(source.problem(other.start, "marks of dbmate and of goose can't be mixed in one file"));
  if (problems.length === 0 && parts.up === null)
    problems.push(
      source.problem(first.start, `this file has marks, but none says where the way up begins: \`${FIRST[first.by]}\``),
    );

  const head = source.text.slice(0, sections[0]?.start ?? 0);
  const stray = head.search(/^(?!\s*(--|$))/m);
  if (problems.length === 0 && stray !== -1 && head.slice(stray).trim() !== "")
    problems.push(
      source.problem(
        stray + head.slice(stray).search(/\S/),
        "this stands before the first mark, so it belongs to neither part",
      ),
    );
  return { ...parts, transaction: marks.every(({ transaction }) => transaction), marks: first.by, problems };
}

function unlikeAnyComment(source: SourceFile, problems: Problem[]): readonly Marked[] {
  return [...source.text.matchAll(MARK)].map((match) => {
    const goose = match[3] !== undefined;
    const read = goose ? readGoose(match[4] ?? "") : readDbmate(match[2] ?? "");
    if (typeof read === "string") problems.push(source.problem(match.index, read));
    return {
      by: goose ? "goose" : "dbmate",
      start: match.index,
      end: match.index + match[0].length,
      ...(typeof read === "string" ? { mark: "nothing" as const, transaction: true } : read),
    };
  });
}

/** The first of each counts, as with node-pg-migrate itself. */
function inWords(source: SourceFile): readonly Marked[] {
  const found = [...source.text.matchAll(WORDS)].map((match): Marked => ({
    by: "node-pg-migrate",
    mark: match[1]?.toLowerCase() === "up" ? "up" : "down",
    start: match.index,
    end: match.index + match[0].length,
    transaction: true,
  }));
  return found.filter((one) => found.find(({ mark }) => mark === one.mark) === one);
}

function readDbmate(text: string): { mark: Mark; transaction: boolean } | string {
  const match = /^:(up|down)((?:[ \t]+\S+)*)$/i.exec(text);
  if (match === null) return "marks of dbmate are `-- migrate:up` and `-- migrate:down`";
  const options = (match[2] ?? "")
    .trim()
    .split(/[ \t]+/)
    .filter((option) => option !== "");
  const odd = options.find((option) => !/^transaction:(true|false)$/.test(option));
  if (odd !== undefined) return `\`${odd}\` is no option of a mark; the only one is \`transaction:false\``;
  return {
    mark: match[1]?.toLowerCase() === "up" ? "up" : "down",
    transaction: !options.includes("transaction:false"),
  };
}

function readGoose(text: string): { mark: Mark; transaction: boolean } | string {
  switch (text.toLowerCase().replace(/\s+/g, " ")) {
    case "up":
      return { mark: "up", transaction: true };
    case "down":
      return { mark: "down", transaction: true };
    case "no transaction":
      return { mark: "no transaction", transaction: false };
    // PostgreSQL's own parser finds the ends of statements.
    case "statementbegin":
    case "statementend":
    case "envsub off":
      return { mark: "nothing", transaction: true };
    case "envsub on":
      return "goose's ENVSUB is not supported: what a plan does can't depend on the environment";
    default:
      return "marks of goose are `-- +goose Up`, `Down`, `NO TRANSACTION`, `StatementBegin` and `StatementEnd`";
  }
}
