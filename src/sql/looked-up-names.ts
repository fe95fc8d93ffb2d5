import type { A_Expr, FuncCall, Node, TypeCast } from "libpg-query";
import { applyEdits, type Edit } from "./definition-tokens.ts";
import { parse } from "./parser.ts";

/** Names that the server looks up by the search_path when it reads an expression, each once, in order. */
export interface LookedUpNames {
  readonly functions: readonly string[];
  readonly operators: readonly string[];
  readonly types: readonly string[];
}

const HEAD = "SELECT (\n";
const TAIL = "\n)";

/** Nodes by which nothing is looked up: what they compare, they compare by the types' own index operators. */
const NAMELESS: ReadonlySet<string> = new Set(
  "A_ArrayExpr A_Const A_Indices BoolExpr BooleanTest CaseWhen CoalesceExpr List MinMaxExpr NamedArgExpr NullTest RowExpr String".split(
    " ",
  ),
);

/** Operators that a kind of syntax stands for; every other kind names its own. */
const STANDS_FOR: Readonly<Record<string, readonly string[]>> = {
  AEXPR_BETWEEN: [">=", "<="],
  AEXPR_NOT_BETWEEN: ["<", ">"],
  AEXPR_BETWEEN_SYM: [">=", "<="],
  AEXPR_NOT_BETWEEN_SYM: ["<", ">"],
};

/**
 * The names that an expression looks up; null if it may look up others too, or none by the search_path alone: those of
 * tables, collations and other schemas, or of syntax that is not known here. Takes any text: null too for what does not parse.
 */
export function lookedUpNames(text: string): LookedUpNames | null {
  const found = finderOf(text);
  if (found === null || found.doubtful) return null;
  const each = (names: ReadonlySet<string>): readonly string[] => [...names].toSorted();
  return { functions: each(found.functions), operators: each(found.operators), types: each(found.types) };
}

/**
 * The expression with every type that it names without a schema taken from pg_catalog. A session's own temporary tables are
 * types too, and found first, even before pg_catalog; functions and operators never are.
 */
export function withOwnTypes(text: string): string {
  const found = finderOf(text);
  if (found === null) return text;
  return applyEdits(HEAD + text + TAIL, found.edits).slice(HEAD.length, -TAIL.length);
}

function finderOf(text: string): Finder | null {
  const source = HEAD + text + TAIL;
  const only = parse(source).statements?.[0]?.node;
  const target = only !== undefined && "SelectStmt" in only ? only.SelectStmt.targetList?.[0] : undefined;
  if (target === undefined || !("ResTarget" in target)) return null;
  const finder = new Finder(Buffer.from(source, "utf8"));
  finder.visit(target.ResTarget.val);
  return finder;
}

class Finder {
  readonly functions = new Set<string>();
  readonly operators = new Set<string>();
  readonly types = new Set<string>();
  readonly edits: Edit[] = [];
  doubtful = false;
  readonly #source: Buffer;

  constructor(source: Buffer) {
    this.#source = source;
  }

  visit(value: unknown): void {
    if (Array.isArray(value)) {
      for (const item of value) this.visit(item);
    } else if (typeof value === "object" && value !== null) {
      for (const [tag, child] of Object.entries(value)) {
        if (/^[A-Z]/.test(tag)) this.#node(tag, child);
        else this.visit(child);
      }
    }
  }

  #node(tag: string, node: unknown): void {
    switch (tag) {
      case "ColumnRef":
        return;
      case "FuncCall":
        this.#add(this.functions, (node as FuncCall).funcname);
        return this.visit((node as FuncCall).args);
      case "A_Expr":
        return this.#operator(node as A_Expr);
      case "TypeCast":
        this.#type((node as TypeCast).typeName);
        return this.visit((node as TypeCast).arg);
      case "CaseExpr":
        if ((node as { arg?: Node }).arg !== undefined) this.operators.add("=");
        return this.visit(node);
      case "A_Indirection":
        // (a).lower is lower(a), if a is of no type with fields.
        this.doubtful ||= (node as { indirection?: Node[] }).indirection?.every((one) => "A_Indices" in one) !== true;
        return this.visit(node);
      case "SQLValueFunction":
        this.doubtful ||= (node as { op?: string }).op === "SVFOP_CURRENT_SCHEMA";
        return;
      default:
        this.doubtful ||= !NAMELESS.has(tag);
        return this.visit(node);
    }
  }

  #operator({ kind = "AEXPR_OP", lexpr, name, rexpr }: A_Expr): void {
    const known = STANDS_FOR[kind];
    if (known === undefined) this.#add(this.operators, name);
    else for (const one of known) this.operators.add(one);
    // SYMMETRIC asks both ways round, by the same two operators.
    this.visit([lexpr, rexpr]);
  }

  #type(type: TypeCast["typeName"]): void {
    const { location, names, pct_type: ofColumn, setof } = type ?? {};
    if (ofColumn === true || setof === true) this.doubtful = true;
    const name = this.#add(this.types, names);
    if (name === null || location === undefined || location < 0) {
      this.doubtful = true;
      return;
    }
    // The grammar gives keywords their schema; that of 14 to 16 does not know `json` for one.
    const keyword = names?.length === 2 && (name !== "json" || !this.#startsWith(location, "json"));
    if (!keyword) this.edits.push({ start: location, end: location, text: "pg_catalog." });
  }

  #startsWith(at: number, word: string): boolean {
    return this.#source.toString("utf8", at, at + word.length).toLowerCase() === word;
  }

  /** The name without pg_catalog; null, and a doubt, for one of another schema. */
  #add(names: Set<string>, parts: readonly Node[] | undefined): string | null {
    const all = (parts ?? []).map((one) => ("String" in one ? (one.String.sval ?? "") : ""));
    const name = all.at(-1);
    if (name === undefined || all.length > 2 || (all.length === 2 && all[0] !== "pg_catalog")) {
      this.doubtful = true;
      return null;
    }
    names.add(name);
    return name;
  }
}
