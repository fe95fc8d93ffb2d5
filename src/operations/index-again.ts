import type { Index, Table } from "../model/catalog.ts";
import type { IndexKey } from "../model/fields.ts";
import { findOutside, listItems } from "../sql/definition-tokens.ts";
import { writtenName } from "../sql/identifier.ts";
import { parse, scan, type Token } from "../sql/parser.ts";
import { indexBody, type IndexDefinition, indexDefinition } from "../steps/index-definition.ts";
import { definitionBody } from "../steps/index-definition-body.ts";

type Tree = Readonly<Record<string, unknown>>;

const HEAD = "CREATE INDEX i ON t ";

/** The fields of a create_index that makes the same index; null if no fields say the same as its definition. */
export function indexAgain(index: Index, table: Table, major: number): IndexDefinition | null {
  const body = definitionBody(index);
  const tree = treeOf(body);
  if (tree === null) return null;
  const found = indexDefinition.safeParse({ ...fieldsOf(body, tree), ...(index.unique ? { unique: true } : {}) });
  if (!found.success) return null;
  const again = treeOf(indexBody(found.data, table, major));
  return again !== null && comparable(again) === comparable(tree) ? found.data : null;
}

function treeOf(body: string): Tree | null {
  const node = parse(HEAD + body).statements?.[0]?.node;
  return node !== undefined && "IndexStmt" in node ? (node.IndexStmt as unknown as Tree) : null;
}

/** Places do not count, and storage parameters are compared as the words that they are. */
function comparable({ options, ...tree }: Tree): string {
  const text = JSON.stringify(tree, (key, value: unknown) => (key === "location" ? undefined : value));
  return text + JSON.stringify(parametersOf(options));
}

function fieldsOf(body: string, tree: Tree): Record<string, unknown> {
  const sql = HEAD + body;
  const tokens = scan(sql).filter((token) => !token.comment);
  const bytes = Buffer.from(sql, "utf8");
  const open = findOutside(tokens, 0, (token) => token.text === "(");
  const { items } = listItems(tokens, open + 1, () => false);
  const where = tokens[findOutside(tokens, open, (token) => token.text.toUpperCase() === "WHERE")];
  const includes = nodes(tree["indexIncludingParams"]).map((node) => inside(node, "IndexElem")["name"]);
  const parameters = parametersOf(tree["options"]);
  return {
    columns: nodes(tree["indexParams"]).map((node, at) =>
      keyOf(inside(node, "IndexElem"), () => expressionAt(bytes, tokens, items[at])),
    ),
    method: tree["accessMethod"],
    ...(includes.length === 0 ? {} : { include: includes }),
    ...(tree["nulls_not_distinct"] === true ? { nulls_not_distinct: true } : {}),
    ...(Object.keys(parameters).length === 0 ? {} : { with: parameters }),
    ...(typeof tree["tableSpace"] === "string" ? { tablespace: tree["tableSpace"] } : {}),
    ...(where === undefined ? {} : { where: bytes.toString("utf8", where.end).trim() }),
  };
}

function keyOf(element: Tree, expression: () => string): IndexKey {
  const [collation, opclass] = [element["collation"], element["opclass"]].map((name) => stringsOf(name));
  const options = {
    ...(element["ordering"] === "SORTBY_DESC" ? { order: "desc" as const } : {}),
    ...(element["nulls_ordering"] === "SORTBY_NULLS_FIRST" ? { nulls: "first" as const } : {}),
    ...(element["nulls_ordering"] === "SORTBY_NULLS_LAST" ? { nulls: "last" as const } : {}),
    ...(opclass === undefined || opclass.length === 0 ? {} : { opclass: writtenName(opclass) }),
    ...(collation === undefined || collation.length === 0 ? {} : { collation: writtenName(collation) }),
  };
  const { name } = element;
  if (typeof name !== "string") return { expression: expression(), ...options };
  return Object.keys(options).length === 0 ? name : { column: name, ...options };
}

/** The server writes an expression as a call or in brackets: it ends with the bracket that closes the first one. */
function expressionAt(bytes: Buffer, tokens: readonly Token[], first: Token | undefined): string {
  const from = first === undefined ? -1 : tokens.indexOf(first);
  const open = findOutside(tokens, from, (token) => token.text === "(");
  const { end } = listItems(tokens, open + 1, () => false);
  return bytes.toString("utf8", first?.start ?? 0, tokens[end]?.end ?? 0);
}

function parametersOf(options: unknown): Readonly<Record<string, string>> {
  return Object.fromEntries(
    nodes(options).map((node) => {
      const { arg, defname } = inside(node, "DefElem");
      return [String(defname), wordOf((arg ?? {}) as Tree)];
    }),
  );
}

/** A bare word is taken for the name of a type: `off`. */
function wordOf(arg: Tree): string {
  if (arg["TypeName"] !== undefined) return stringsOf(inside(arg, "TypeName")["names"]).join(".");
  const [value = 0] = Object.values(inside(arg, "Float")).concat(
    Object.values(inside(arg, "Integer")),
    Object.values(inside(arg, "String")),
  ) as (string | number)[];
  return String(value);
}

function nodes(list: unknown): readonly unknown[] {
  return (list as readonly unknown[] | undefined) ?? [];
}

function inside(node: unknown, kind: string): Tree {
  return ((node as Tree)[kind] ?? {}) as Tree;
}

function stringsOf(list: unknown): readonly string[] {
  return nodes(list).map((node) => String(inside(node, "String")["sval"]));
}
