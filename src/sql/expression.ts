import type { Node } from "libpg-query";
import { SegueError } from "../model/errors.ts";
import { canRaise } from "./can-raise.ts";
import { ident } from "./identifier.ts";
import { withOwnTypes } from "./looked-up-names.ts";
import { parse, scan, type Token } from "./parser.ts";
import { refused } from "./refusal.ts";
import { isConstant } from "./is-constant.ts";
import { type Elsewhere, readsElsewhere } from "./reads-elsewhere.ts";
import { type ExpressionRow, type RowReference, rowReferences } from "./row-references.ts";
import { textOffsets } from "./text-offsets.ts";

/** An SQL expression over one row of a table, as a plan writes it. */
export interface Expression {
  /** As it was written. */
  readonly text: string;
  /** The row's columns that it reads, each once, in the order in which they first stand in the text. */
  readonly columns: readonly string[];
  /** What its sub-selects may read of other tables. */
  readonly elsewhere: readonly Elsewhere[];
  /** Set if it is one column and nothing else but space and comments. */
  readonly column: string | null;
  /** It reads no column and calls no function: every row gets the same, at any time. */
  readonly constant: boolean;
  /** False only if no row can make it raise, given that the server takes the expression at all. */
  readonly canRaise: boolean;
  /**
   * The expression with the row under another name and, by `rename`, with columns under other names. All else stays
   * byte for byte; wrap it in parentheses where it becomes part of a larger expression.
   *
   * @param row `NEW`, `OLD` or an alias (unquoted); "" for bare column names.
   * @throws SegueError SEG0004 if a sub-select has a FROM item of that same name.
   */
  render(row: string, rename?: ReadonlyMap<string, string>): string;
  /** The same with `pg_catalog.` before every type that it names without a schema. */
  withOwnTypes(): Expression;
}

const HEAD = "SELECT\n";
const PARENTHESIS = "SELECT (\n";

/**
 * Parses an SQL expression over a row with PostgreSQL's own parser. Columns are written bare (or `table.column`).
 * In a sub-select a bare name belongs to what the sub-select reads; the row's columns are named by its table there:
 * `(select c.id from customers c where c.email = orders.email)`, unless a FROM item around them has that name.
 *
 * @throws SegueError SEG0004 for whatever is not one expression over the row; `detail.offset` is the place in UTF-16
 * units of `text`.
 */
export function parseExpression(text: string, row: ExpressionRow): Expression {
  const target = parseTarget(text);
  const source = HEAD + text + "\n";
  const tokens = scan(source);
  const offsets = textOffsets(source);
  const inText = (byte: number): number => Math.min(Math.max(offsets.fromByte(byte) - HEAD.length, 0), text.length);
  const references = rowReferences(target, row, (message, location) => {
    throw refused(text, { message, offset: inText(location ?? 0) });
  });

  const words = tokens.filter(({ comment }) => !comment);
  const byStart = new Map(words.map((token, index) => [token.start, index]));
  const places = references.map((reference): Place => {
    const [first, last] = extent(words, byStart.get(reference.location) ?? 0, reference.parts);
    return { ...reference, start: inText(first.start), columnStart: inText(last.start), end: inText(last.end) };
  });
  places.sort((a, b) => a.start - b.start);
  // A line comment at the end would swallow whatever the expression is put in front of.
  const ending = tokens.at(-1)?.text.startsWith("--") === true && !text.endsWith("\n") ? "\n" : "";
  const sole = "ColumnRef" in target ? (places[0]?.column ?? null) : null;

  return {
    text,
    columns: [...new Set(places.map(({ column }) => column))],
    elsewhere: readsElsewhere(target),
    column: sole,
    constant: isConstant(target),
    canRaise: canRaise(target, row.types),
    render: (name, rename) => render(text, places, name, rename) + ending,
    withOwnTypes: () => parseExpression(withOwnTypes(text), row),
  };
}

/** A scalar of a plan as SQL: a string is SQL already, a number or a boolean stands for itself. */
export function scalarToSql(value: string | number | boolean): string {
  if (typeof value === "number" && !Number.isFinite(value)) {
    throw new SegueError("SEG0004", {
      message: `${value} is no number of SQL's: write it as a string, '${value}'::double precision`,
      detail: { offset: 0 },
    });
  }
  return String(value);
}

/**
 * The one node that the text is. Parsed twice: as a target list, which takes more than an expression but never a
 * closing parenthesis without its opening one, and in parentheses, which take nothing but an expression or a list.
 */
function parseTarget(text: string): Node {
  const bare = parse(`${HEAD}${text}\n`);
  if (bare.fault !== null) throw faulty(text, bare.fault.message, bare.fault.offset - HEAD.length);
  const only = bare.statements[0]?.node;
  const [first, second] = only !== undefined && "SelectStmt" in only ? (only.SelectStmt.targetList ?? []) : [];
  if (parse(text).statements?.length === 0) {
    throw refused(text, { message: "an expression is expected, and nothing stands here", offset: 0 });
  }
  const closed = parse(`${PARENTHESIS}${text}\n)`);
  if (closed.fault !== null) throw faulty(text, closed.fault.message, closed.fault.offset - PARENTHESIS.length);
  if (second !== undefined && "ResTarget" in second) {
    const source = HEAD + text;
    const offset = textOffsets(source).fromByte(second.ResTarget.location ?? 0) - HEAD.length;
    throw refused(text, { message: "one expression is expected, not a list", offset });
  }
  const target = first !== undefined && "ResTarget" in first ? first.ResTarget.val : undefined;
  if (target === undefined) throw refused(text, { message: "an expression is expected", offset: 0 });
  return target;
}

function faulty(text: string, message: string, offset: number): SegueError {
  const statement = /^\s*(select|with|values|insert|update|delete|merge|table)\b/i.exec(text);
  if (statement !== null) {
    const refusal = "an expression is expected, not a statement; a sub-select goes in parentheses";
    return refused(text, { message: refusal, offset: statement[0].length - (statement[1] ?? "").length });
  }
  return refused(text, { message, offset: Math.min(Math.max(offset, 0), text.length) });
}

/** A reference to a column of the row with its extent in the text. */
interface Place extends RowReference {
  readonly start: number;
  /** Where the column's own name starts, after `table.`. */
  readonly columnStart: number;
  readonly end: number;
}

/** First and last part of a dotted name, whatever space and comments stand around the dots. */
function extent(words: readonly Token[], index: number, parts: number): [Token, Token] {
  const first = words[index];
  let at = index;
  for (let n = 1; n < parts; n++) at = afterName(words, at) + 1;
  const last = words[at];
  const end = words[afterName(words, at) - 1];
  if (first === undefined || last === undefined || end === undefined) throw new Error("a reference without its tokens");
  return [first, { ...last, end: end.end }];
}

/** The index behind a name: `U&"d!0061" UESCAPE '!'` is one name of three tokens. */
function afterName(words: readonly Token[], at: number): number {
  return words[at + 1]?.text.toUpperCase() === "UESCAPE" ? at + 3 : at + 1;
}

function render(text: string, places: readonly Place[], row: string, rename?: ReadonlyMap<string, string>): string {
  const prefix = row === "" ? "" : `${row === "NEW" || row === "OLD" ? row : ident(row)}.`;
  let rendered = "";
  let from = 0;
  for (const { start, columnStart, end, column, beside, labels } of places) {
    if (row !== "" && beside?.has(row === "NEW" || row === "OLD" ? row.toLowerCase() : row) === true) {
      const message = `a FROM item can't be named ${row}: the row itself goes by this name; give it another alias`;
      throw refused(text, { message, offset: start });
    }
    const name = rename?.get(column) ?? column;
    const keepsTable = row === "" && beside !== null;
    const label = labels && name !== column ? ` AS ${ident(column)}` : "";
    rendered = joined(
      rendered + text.slice(from, keepsTable ? columnStart : start),
      (keepsTable ? "" : prefix) + ident(name) + label,
    );
    // The end of a quoted name needs no space: `"a"is null`. The end of a bare one does.
    if (/^[\w$\u0080-\uffff]/.test(text.slice(end)) && !rendered.endsWith('"')) rendered += " ";
    from = end;
  }
  return rendered + text.slice(from);
}

/** Two pieces of SQL that stay two tokens: neither `not` and `a`, nor `u&` and `"A"`, may grow together. */
function joined(before: string, after: string): string {
  const grows = after.startsWith('"') ? before.endsWith("&") : /[\w$\u0080-\uffff]$/.test(before);
  return grows ? `${before} ${after}` : before + after;
}
