import type { Node } from "libpg-query";
import { SegueError } from "../model/errors.ts";
import type { RelationName } from "../model/relation.ts";
import { applyEdits, type Edit, findOutside, isWord, listItems } from "./definition-tokens.ts";
import { ident, qualified } from "./identifier.ts";
import { parse, scan, type Token } from "./parser.ts";

/** A column and the one that takes its place in a copied definition. */
export interface ColumnChange {
  readonly from: string;
  readonly to: string;
}

/**
 * CREATE INDEX as pg_get_indexdef() gives it, for another column and under another name: keys, INCLUDE,
 * expressions and predicate. Everything else stays as the server wrote it; the tablespace it leaves out.
 *
 * @throws SegueError SEG0102 if it reads the whole row: a duplicate of one column can't take over such an index.
 */
export function rewriteIndexDefinition(
  definition: string,
  change: ColumnChange & { readonly name: string; readonly concurrently: boolean; readonly tablespace?: string | null },
): string {
  const { tokens, tree } = read(definition, "IndexStmt");
  const name = findOutside(tokens, 0, (_, at) => isWord(tokens[at - 1], "INDEX"));
  const open = findOutside(tokens, name, (token) => token.text === "(");
  const edits: Edit[] = [
    replace(tokens[name], `${change.concurrently ? "CONCURRENTLY " : ""}${ident(change.name)}`),
    ...columnReferences(tree, tokens, change),
  ];
  const keys = listItems(tokens, open + 1, never);
  edits.push(...named(keys.items, nodes(tree, "indexParams"), "IndexElem", change));
  if (isWord(tokens[keys.end + 1], "INCLUDE")) {
    const included = listItems(tokens, keys.end + 3, never);
    edits.push(...named(included.items, nodes(tree, "indexIncludingParams"), "IndexElem", change));
  }
  if (change.tablespace !== undefined && change.tablespace !== null) {
    const where = tokens[findOutside(tokens, open, (token) => isWord(token, "WHERE"))];
    const at = where?.start ?? Buffer.byteLength(definition);
    const clause = `TABLESPACE ${ident(change.tablespace)}`;
    edits.push({ start: at, end: at, text: where === undefined ? ` ${clause}` : `${clause} ` });
  }
  return applyEdits(definition, edits);
}

/** True if an index's definition has an expression among its keys: such keys have statistics of their own. */
export function hasExpressionKey(definition: string): boolean {
  const { tree } = read(definition, "IndexStmt");
  return nodes(tree, "indexParams").some((node) => fieldsOf(node, "IndexElem")["expr"] !== undefined);
}

const ADD = "ALTER TABLE t ADD ";

/**
 * A constraint as pg_get_constraintdef() gives it (CHECK, FOREIGN KEY, UNIQUE), for another column of its table. What
 * a foreign key references stays.
 *
 * @throws SegueError SEG0102 if it reads the whole row.
 */
export function rewriteConstraint(definition: string, change: ColumnChange): string {
  const { sql, tokens, tree, prefix } = read(definition, "AlterTableStmt", ADD);
  const edits = [...columnReferences(tree, tokens, change)];
  const [first] = tokens.slice(prefix);
  if (!isWord(first, "CHECK")) {
    // Lists of column names: the constraint's own, INCLUDE's, and those of ON DELETE SET NULL (…); REFERENCES has others'.
    for (let at = prefix; at < tokens.length;) {
      const open = findOutside(tokens, at, (token) => token.text === "(");
      if (open === -1) break;
      const { end, items } = listItems(tokens, open + 1, never);
      const foreign = tokens.slice(at, open).some((token) => isWord(token, "REFERENCES"));
      if (!foreign)
        edits.push(
          ...items.filter((item) => nameOf(item) === change.from).map((item) => replace(item, ident(change.to))),
        );
      at = end + 1;
    }
  }
  return applyEdits(sql, edits).slice(ADD.length);
}

/**
 * A UNIQUE constraint as pg_get_constraintdef() gives it, with the storage parameters of its index, which only
 * pg_get_indexdef() has, and its tablespace, which neither has.
 */
export function withStorage(constraint: string, indexDefinition: string, tablespace: string | null): string {
  const { tokens: ofIndex } = read(indexDefinition, "IndexStmt");
  const storage = ofIndex[findOutside(ofIndex, 0, (token) => isWord(token, "WITH"))];
  const clauses = [
    ...(storage === undefined ? [] : [Buffer.from(indexDefinition).toString("utf8", storage.start)]),
    ...(tablespace === null ? [] : [`USING INDEX TABLESPACE ${ident(tablespace)}`]),
  ].join(" ");
  if (clauses === "") return constraint;
  const { sql, tokens, prefix } = read(constraint, "AlterTableStmt", ADD);
  const timing = tokens[findOutside(tokens, prefix, (token) => isWord(token, "DEFERRABLE"))];
  const at = timing?.start ?? Buffer.byteLength(sql);
  const text = timing === undefined ? ` ${clauses}` : `${clauses} `;
  return applyEdits(sql, [{ start: at, end: at, text }]).slice(ADD.length);
}

/** A foreign key as pg_get_constraintdef() gives it, whose referenced column has another name. */
export function rewriteReferences(definition: string, { from, to }: ColumnChange): string {
  const { sql, tokens, prefix } = read(definition, "AlterTableStmt", ADD);
  const references = findOutside(tokens, prefix, (token) => isWord(token, "REFERENCES"));
  const open = findOutside(tokens, references, (token) => token.text === "(");
  const { items } = listItems(tokens, open + 1, never);
  const edits = items.filter((item) => nameOf(item) === from).map((item) => replace(item, ident(to)));
  return applyEdits(sql, edits).slice(ADD.length);
}

/** True for PostgreSQL 18's constraints over periods: UNIQUE … WITHOUT OVERLAPS, FOREIGN KEY … PERIOD. */
export function isTemporal(definition: string): boolean {
  const { tree } = read(definition, "AlterTableStmt", ADD);
  const command = fieldsOf(nodes(tree, "cmds")[0], "AlterTableCmd");
  const constraint = fieldsOf(command["def"], "Constraint");
  return constraint["without_overlaps"] === true || constraint["fk_with_period"] === true;
}

/** A CHECK's expression as pg_get_expr() gives it, for another column. @throws SegueError SEG0102 if it reads the whole row. */
export function rewriteCheck(expression: string, change: ColumnChange): string {
  const { sql, tokens, tree } = read(expression, "SelectStmt", "SELECT ");
  return applyEdits(sql, columnReferences(tree, tokens, change)).slice("SELECT ".length);
}

/** CREATE STATISTICS as pg_get_statisticsobjdef() gives it, for another column and under another name. */
export function rewriteStatistics(definition: string, change: ColumnChange & { readonly name: RelationName }): string {
  const { tokens, tree } = read(definition, "CreateStatsStmt");
  const on = findOutside(tokens, 2, (token) => isWord(token, "ON"));
  const afterName = findOutside(tokens, 2, (token, at) => token.text === "(" || at === on);
  const [first, last] = [tokens[2], tokens[afterName - 1]];
  const { items } = listItems(tokens, on + 1, (token) => isWord(token, "FROM"));
  return applyEdits(definition, [
    { start: first?.start ?? 0, end: last?.end ?? 0, text: qualified(change.name) },
    ...columnReferences(tree, tokens, change),
    ...named(items, nodes(tree, "exprs"), "StatsElem", change),
  ]);
}

interface Read {
  readonly sql: string;
  readonly tokens: readonly Token[];
  /** How many tokens stand before the text itself. */
  readonly prefix: number;
  readonly tree: Readonly<Record<string, unknown>>;
}

function read(text: string, kind: string, before = ""): Read {
  const sql = before + text;
  const parsed = parse(sql);
  const statement = parsed.statements?.[0];
  const tree = statement === undefined ? undefined : (statement.node as Record<string, unknown>)[kind];
  if (tree === undefined) {
    throw new SegueError("SEG0004", {
      message: `the server's definition can't be read: ${parsed.fault?.message ?? text}`,
      object: text,
    });
  }
  const tokens = scan(sql).filter((token) => !token.comment);
  const prefix = tokens.filter((token) => token.start < Buffer.byteLength(before)).length;
  return { sql, tokens, prefix, tree: tree as Record<string, unknown> };
}

/** Edits of every column reference to `from`, found by its offset in the tree. Definitions of one table hold bare names. */
function columnReferences(tree: unknown, tokens: readonly Token[], { from, to }: ColumnChange): Edit[] {
  const starts = new Map(tokens.map((token) => [token.start, token]));
  const edits: Edit[] = [];
  const visit = (node: unknown): void => {
    if (node === null || typeof node !== "object") return;
    for (const [key, value] of Object.entries(node)) {
      if (key !== "ColumnRef") {
        visit(value);
        continue;
      }
      const { fields, location } = value as { fields: Node[]; location?: number };
      const name = stringOf(fields[0]);
      if (fields.length !== 1 || name === null) {
        throw new SegueError("SEG0102", {
          message: "a definition that reads the whole row can't be carried to a duplicate of one column",
        });
      }
      if (name === from) edits.push(replace(starts.get(location ?? 0), ident(to)));
    }
  };
  visit(tree);
  return edits;
}

/** Edits of the items that are the plain column `from`. */
function named(
  items: readonly Token[],
  elements: readonly unknown[],
  kind: string,
  { from, to }: ColumnChange,
): Edit[] {
  return items.filter((_, at) => fieldsOf(elements[at], kind)["name"] === from).map((item) => replace(item, ident(to)));
}

function replace(token: Token | undefined, text: string): Edit {
  if (token === undefined) throw new Error("a name of the parse tree is not among the tokens");
  return { start: token.start, end: token.end, text };
}

function nodes(tree: Readonly<Record<string, unknown>>, key: string): readonly unknown[] {
  return (tree[key] as readonly unknown[] | undefined) ?? [];
}

function fieldsOf(node: unknown, kind: string): Readonly<Record<string, unknown>> {
  return ((node as Record<string, unknown> | undefined)?.[kind] ?? {}) as Record<string, unknown>;
}

function stringOf(node: Node | undefined): string | null {
  return node !== undefined && "String" in node ? (node.String.sval ?? "") : null;
}

/** The name that an identifier's token stands for. The server writes unquoted only what folding leaves as it is. */
function nameOf({ text }: Token): string {
  return text.startsWith('"') ? text.slice(1, -1).replaceAll('""', '"') : text;
}

function never(): boolean {
  return false;
}
