/** Nodes whose value may differ between two rows or two moments. */
const VARYING = new Set([
  "ColumnRef",
  "FuncCall",
  "SubLink",
  "SQLValueFunction",
  "XmlExpr",
  "XmlSerialize",
  "JsonFuncExpr",
  "JsonParseExpr",
  "JsonScalarExpr",
  "JsonSerializeExpr",
  "JsonObjectConstructor",
  "JsonArrayConstructor",
  "JsonArrayQueryConstructor",
]);

/** True for an expression that reads no column and calls no function, by name or by syntax. */
export function isConstant(node: unknown): boolean {
  if (Array.isArray(node)) return node.every(isConstant);
  if (typeof node !== "object" || node === null) return true;
  return Object.entries(node).every(([tag, child]) => tag === "typeName" || (!VARYING.has(tag) && isConstant(child)));
}
