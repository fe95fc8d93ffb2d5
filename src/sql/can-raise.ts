import type { A_Expr, CaseExpr, FuncCall, Node, TypeCast } from "libpg-query";

type Types = ReadonlyMap<string, string> | undefined;

const words = (list: string): ReadonlySet<string> => new Set(list.split(" "));

const SAFE_OPERATORS = words("= <> < <= > >=");
const TEXT_TYPES = words("text varchar");
/** Types whose values turn into text, and whose constants are read once, when the statement is parsed. */
const SCALAR_TYPES = words(
  "bool int2 int4 int8 numeric float4 float8 text varchar bpchar uuid date time timetz timestamp timestamptz interval json jsonb",
);
/** Types that hold any number that SQL can write. */
const NUMBER_TYPES = words("numeric text varchar");
/** format_type()'s names for the scalar ones, less json and jsonb, which have a `||` of their own. */
const SCALAR_COLUMN =
  /^(boolean|smallint|integer|bigint|numeric|real|double precision|text|character|character varying|uuid|date|(time|timestamp) with(out)? time zone|interval)( ?\(\d+(,-?\d+)?\))?$/;
const TEXT_COLUMN = /^(text|character|character varying)(\(\d+\))?$/;

/** Take any arguments that resolve, and give text. */
const TEXT_FUNCTIONS = words(
  "concat concat_ws lower upper initcap trim btrim ltrim rtrim left right replace reverse md5 split_part substr substring lpad rpad",
);
/** Take any arguments that resolve. */
const OTHER_FUNCTIONS = words(
  "now clock_timestamp statement_timestamp transaction_timestamp num_nulls num_nonnulls gen_random_uuid random",
);
/** Give an integer of at most the length of the longest text. */
const LENGTH_FUNCTIONS = words("length char_length character_length octet_length strpos position");

const MAX_TEXT_BYTES = 2 ** 30;
const MAX_INTEGER = 2 ** 31 - 1;
/** A padded text of this many characters is far from the limit of a value. */
const MAX_PADDING = 1_000_000;

/**
 * Whether evaluating the expression could fail for some row, given that the server takes the expression at all
 * (functions exist, types fit). Conservative: false only if every node of it is known to work for every input.
 * What it is assigned to does not count: a cast to the target's type may still raise.
 *
 * @param types format_type() of the row's columns, by name. Without a column's type its `||` counts as one that can:
 * on arrays and jsonb it can.
 */
export function canRaise(node: Node, types?: Types): boolean {
  const all = (nodes: readonly (Node | undefined)[] | undefined): boolean =>
    (nodes ?? []).some((one) => one !== undefined && canRaise(one, types));

  if ("ColumnRef" in node || "A_Const" in node || "SQLValueFunction" in node) return false;
  if ("CoalesceExpr" in node) return all(node.CoalesceExpr.args);
  if ("MinMaxExpr" in node) return all(node.MinMaxExpr.args);
  if ("BoolExpr" in node) return all(node.BoolExpr.args);
  if ("NullTest" in node) return all([node.NullTest.arg]);
  if ("BooleanTest" in node) return all([node.BooleanTest.arg]);
  if ("CollateClause" in node) return all([node.CollateClause.arg]);
  if ("RowExpr" in node) return all(node.RowExpr.args);
  if ("List" in node) return all(node.List.items);
  if ("CaseExpr" in node) return all([node.CaseExpr.arg, ...branches(node.CaseExpr)]);
  // Arrays of different sizes can't be put into one; texts and constants are no arrays.
  if ("A_ArrayExpr" in node) {
    const elements = node.A_ArrayExpr.elements ?? [];
    return all(elements) || !elements.every((one) => "A_Const" in one || isText(one, types));
  }
  // An element that is not there is NULL; a field always is.
  if ("A_Indirection" in node)
    return all([node.A_Indirection.arg]) || (node.A_Indirection.indirection ?? []).some(computed);
  if ("TypeCast" in node) return castRaises(node.TypeCast, types);
  if ("A_Expr" in node) return operatorRaises(node.A_Expr, types);
  if ("FuncCall" in node) return functionRaises(node.FuncCall, types);
  return true;
}

/** A subscript that is no constant: its type, and so its conversion to an index, is not known. */
function computed(node: Node): boolean {
  if (!("A_Indices" in node)) return !("String" in node);
  return [node.A_Indices.lidx, node.A_Indices.uidx].some((index) => index !== undefined && !("A_Const" in index));
}

/** Conditions and results of a CASE. */
function branches({ args = [], defresult }: CaseExpr): (Node | undefined)[] {
  return [...args.flatMap((one) => ("CaseWhen" in one ? [one.CaseWhen.expr, one.CaseWhen.result] : [one])), defresult];
}

function results({ args = [], defresult }: CaseExpr): Node[] {
  const all = [...args.map((one) => ("CaseWhen" in one ? one.CaseWhen.result : one)), defresult];
  return all.filter((one) => one !== undefined);
}

function castRaises({ arg, typeName }: TypeCast, types: Types): boolean {
  const name = builtinName(typeName?.names);
  const plain = name !== null && typeName?.typmods === undefined && typeName?.arrayBounds === undefined;
  if (arg === undefined || !plain) return true;
  if ("A_Const" in arg) {
    // A string is read when the statement is parsed, and a NULL fits everywhere; a number is converted at run time.
    const { ival, fval } = arg.A_Const;
    if (ival !== undefined && ["int4", "int8"].includes(name)) return false;
    return !(ival !== undefined || fval !== undefined ? NUMBER_TYPES : SCALAR_TYPES).has(name);
  }
  return !TEXT_TYPES.has(name) || canRaise(arg, types);
}

function operatorRaises(expression: A_Expr, types: Types): boolean {
  const { kind, name, lexpr, rexpr } = expression;
  const operator = builtinName(name);
  const operands = [lexpr, rexpr].filter((one) => one !== undefined);
  const operandRaises = operands.some((one) => canRaise(one, types));
  switch (kind) {
    case "AEXPR_OP":
      if (operator === "||") return operandRaises || !joinsTexts(operands, types);
      if (operator === "+" || operator === "-") return bound({ A_Expr: expression }, types) === null;
      return operandRaises || operands.length !== 2 || !SAFE_OPERATORS.has(operator ?? "");
    case "AEXPR_OP_ANY":
    case "AEXPR_OP_ALL":
      return operandRaises || !SAFE_OPERATORS.has(operator ?? "");
    case "AEXPR_IN":
    case "AEXPR_DISTINCT":
    case "AEXPR_NOT_DISTINCT":
    case "AEXPR_NULLIF":
    case "AEXPR_BETWEEN":
    case "AEXPR_NOT_BETWEEN":
    case "AEXPR_BETWEEN_SYM":
    case "AEXPR_NOT_BETWEEN_SYM":
      return operandRaises;
    case "AEXPR_LIKE":
    case "AEXPR_ILIKE": {
      // A pattern raises if it ends in the middle of an escape.
      const pattern = rexpr === undefined ? null : stringOf(rexpr);
      return operandRaises || pattern === null || pattern.includes("\\");
    }
    default:
      return true;
  }
}

/** Whether `||` is the one of texts: at least one side is a text, and no side is an array or jsonb. */
function joinsTexts(operands: readonly Node[], types: Types): boolean {
  const scalar = (node: Node): boolean =>
    isText(node, types) || SCALAR_COLUMN.test(columnType(node, types) ?? "") || bound(node, types) !== null;
  return operands.length === 2 && operands.every(scalar) && operands.some((one) => isText(one, types));
}

/** Whether the value is a text, or a string constant that becomes one beside a text. */
function isText(node: Node, types: Types): boolean {
  if (stringOf(node) !== null || TEXT_COLUMN.test(columnType(node, types) ?? "")) return true;
  if ("TypeCast" in node) return TEXT_TYPES.has(builtinName(node.TypeCast.typeName?.names) ?? "");
  if ("FuncCall" in node) return TEXT_FUNCTIONS.has(builtinName(node.FuncCall.funcname) ?? "");
  if ("CollateClause" in node) return node.CollateClause.arg !== undefined && isText(node.CollateClause.arg, types);
  if ("CoalesceExpr" in node) return (node.CoalesceExpr.args ?? []).every((one) => isText(one, types));
  if ("CaseExpr" in node) return results(node.CaseExpr).every((one) => isText(one, types));
  if (!("A_Expr" in node)) return false;
  const { kind, name, lexpr, rexpr } = node.A_Expr;
  if (kind === "AEXPR_NULLIF") return lexpr !== undefined && isText(lexpr, types);
  const sides = [lexpr, rexpr].filter((one) => one !== undefined);
  return kind === "AEXPR_OP" && builtinName(name) === "||" && joinsTexts(sides, types);
}

function functionRaises(call: FuncCall, types: Types): boolean {
  const name = builtinName(call.funcname);
  const args = call.args ?? [];
  if (name === null || call.func_variadic === true || args.some((one) => canRaise(one, types))) return true;
  const whole = (index: number): number | null => wholeNumber(args[index]);
  switch (name) {
    case "split_part":
      return (whole(2) ?? 0) < 1;
    case "substr":
    case "substring":
      // With a text in second place it is a regular expression, and a negative length raises.
      return args[1] === undefined || bound(args[1], types) === null || (args.length > 2 && (whole(2) ?? -1) < 0);
    case "lpad":
    case "rpad":
      return (whole(1) ?? MAX_PADDING) >= MAX_PADDING;
    case "uuidv4":
    case "uuidv7":
      // Of a shifted clock uuidv7(interval) may run out of range.
      return args.length > 0;
    case "length":
      // length(bytea, name) decodes.
      return args.length !== 1;
    default:
      return !TEXT_FUNCTIONS.has(name) && !OTHER_FUNCTIONS.has(name) && !LENGTH_FUNCTIONS.has(name);
  }
}

/** The largest magnitude that an integer expression can reach without overflow; null if that is not known. */
function bound(node: Node, types: Types): number | null {
  const constant = wholeNumber(node);
  if (constant !== null) return Math.abs(constant);
  if ("FuncCall" in node) {
    const known = LENGTH_FUNCTIONS.has(builtinName(node.FuncCall.funcname) ?? "");
    return known && !functionRaises(node.FuncCall, types) ? MAX_TEXT_BYTES : null;
  }
  if (!("A_Expr" in node) || node.A_Expr.kind !== "AEXPR_OP") return null;
  const { name, lexpr, rexpr } = node.A_Expr;
  const operator = builtinName(name);
  if ((operator !== "+" && operator !== "-") || rexpr === undefined) return null;
  const left = lexpr === undefined ? 0 : bound(lexpr, types);
  const right = bound(rexpr, types);
  return left === null || right === null || left + right > MAX_INTEGER ? null : left + right;
}

function wholeNumber(node: Node | undefined): number | null {
  if (node === undefined || !("A_Const" in node)) return null;
  // A zero comes as an empty object: the parser's JSON leaves defaults out.
  return node.A_Const.ival === undefined ? null : (node.A_Const.ival.ival ?? 0);
}

function stringOf(node: Node): string | null {
  if (!("A_Const" in node) || node.A_Const.sval === undefined) return null;
  return node.A_Const.sval.sval ?? "";
}

function columnType(node: Node, types: Types): string | undefined {
  if (!("ColumnRef" in node)) return undefined;
  const last = node.ColumnRef.fields?.at(-1);
  return last !== undefined && "String" in last ? types?.get(last.String.sval ?? "") : undefined;
}

/** A name without a schema, or of pg_catalog; null for any other. */
function builtinName(names: readonly Node[] | undefined): string | null {
  const parts = (names ?? []).map((one) => ("String" in one ? (one.String.sval ?? "") : ""));
  const builtin = parts.length === 1 || (parts.length === 2 && parts[0] === "pg_catalog");
  return builtin ? (parts.at(-1) ?? null) : null;
}
