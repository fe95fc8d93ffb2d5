import { SegueError } from "../model/errors.ts";
import type { RelationName } from "../model/relation.ts";
import { applyEdits, type Edit } from "./definition-tokens.ts";
import { qualified } from "./identifier.ts";
import { literal } from "./literal.ts";
import { parse, scan, type Token } from "./parser.ts";

/** An enum that takes the place of another in a definition. */
export interface EnumChange {
  readonly from: RelationName;
  readonly to: RelationName;
  /** What a value becomes; one that is not changed stands for itself. May throw for one that can't be followed. */
  label(value: string): string;
  /** True for a value that becomes another one. */
  changes(value: string): boolean;
}

/** What must stand before a text, so that it parses. */
const PREFIX = { statement: "", constraint: "ALTER TABLE t ADD ", expression: "SELECT " } as const;

/**
 * A definition as the server deparses it (pg_get_indexdef(), pg_get_constraintdef(), pg_get_expr()), with the constants of
 * an enum in the values of another. Everything else stays as the server wrote it.
 *
 * @throws SegueError SEG0102 where a value can't be followed: it stands as a text, or is computed.
 */
export function rewriteEnum(text: string, kind: keyof typeof PREFIX, change: EnumChange): string {
  const prefix = PREFIX[kind];
  const sql = prefix + text;
  const { fault, statements } = parse(sql);
  if (statements === null) {
    throw new SegueError("SEG0004", {
      message: `the server's definition can't be read: ${fault.message}`,
      object: text,
    });
  }
  const finder = new Finder(sql, text, change);
  finder.visit(statements[0]?.node);
  return applyEdits(sql, finder.edits).slice(prefix.length);
}

type Fields = Readonly<Record<string, unknown>>;

class Finder {
  readonly edits: Edit[] = [];
  readonly #text: string;
  readonly #change: EnumChange;
  readonly #tokens: readonly Token[];

  constructor(sql: string, text: string, change: EnumChange) {
    this.#text = text;
    this.#change = change;
    this.#tokens = scan(sql).filter((token) => !token.comment);
  }

  visit(node: unknown): void {
    if (node === null || typeof node !== "object") return;
    for (const [key, value] of Object.entries(node)) {
      if (key === "TypeCast" && this.#isOfEnum(value as Fields)) this.#cast(value as Fields);
      else if (key === "A_Const") this.#plain(stringOf(value as Fields));
      else this.visit(value);
    }
  }

  #isOfEnum({ typeName }: Fields): boolean {
    const names = ((typeName as Fields)["names"] as readonly Fields[]).map(
      (name) => (name["String"] as Fields)["sval"],
    );
    return names.length === 2 && names[0] === this.#change.from.schema && names[1] === this.#change.from.name;
  }

  #cast({ arg, typeName }: Fields): void {
    const { arrayBounds, location } = typeName as Fields;
    const at = this.#at(location);
    // schema . name
    const [first, last] = [this.#tokens[at], this.#tokens[at + 2]];
    if (first === undefined || last === undefined) throw new Error("a type of the parse tree is not among the tokens");
    this.edits.push({ start: first.start, end: last.end, text: qualified(this.#change.to) });
    const constant = (arg as Fields)["A_Const"] as Fields | undefined;
    if (constant !== undefined) return this.#constant(constant, arrayBounds !== undefined);
    // An array of constants, each with its own cast; anything else is a value that is only known when it is computed.
    if ((arg as Fields)["A_ArrayExpr"] === undefined) throw this.#refusal("computes a value of the enum");
    this.visit(arg);
  }

  #constant(constant: Fields, isArray: boolean): void {
    const value = stringOf(constant);
    if (value === null) return;
    const next = isArray ? inArray(value, (one) => this.#change.label(one)) : this.#change.label(value);
    const token = this.#tokens[this.#at(constant["location"])];
    if (next === value || token === undefined) return;
    this.edits.push({ start: token.start, end: token.end, text: literal(next) });
  }

  #plain(value: string | null): void {
    if (value !== null && this.#change.changes(value)) throw this.#refusal(`holds ${literal(value)} as a text`);
  }

  #at(location: unknown): number {
    return this.#tokens.findIndex((token) => token.start === (location ?? 0));
  }

  #refusal(what: string): SegueError {
    return new SegueError("SEG0102", {
      message: `${this.#text} ${what}, where the value can't be followed`,
      object: this.#text,
    });
  }
}

function stringOf(constant: Fields): string | null {
  const { sval } = constant;
  return sval === undefined ? null : (((sval as Fields)["sval"] as string | undefined) ?? "");
}

/** The elements of an array as its text has them, each as it becomes: `{new,"on hold"}`. */
function inArray(text: string, label: (value: string) => string): string {
  return text.replaceAll(/"((?:[^"\\]|\\.)*)"|[^{},"\s][^{},"]*/g, (element: string, quoted: string | undefined) => {
    if (quoted === undefined && element.toUpperCase() === "NULL") return element;
    const value = quoted === undefined ? element : quoted.replaceAll(/\\(.)/g, "$1");
    const next = label(value);
    return next === value ? element : `"${next.replaceAll(/["\\]/g, String.raw`\$&`)}"`;
  });
}
