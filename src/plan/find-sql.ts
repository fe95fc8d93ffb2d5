import type { core, ZodType } from "zod";
import { sqlExpression, typeName } from "../model/fields.ts";
import { isSame, schemasAt } from "./schema-at.ts";
import type { Path } from "./zod-findings.ts";

/** A piece of SQL in the fields of an entry. */
export interface SqlField {
  readonly path: Path;
  readonly text: string;
  readonly what: "expression" | "type";
}

/** Fields whose text is an expression whatever schema an operation gave them; of a mapping, its values are. */
const BY_NAME = new Set([
  "forward",
  "reverse",
  "fill",
  "where",
  "check",
  "default",
  "new_default",
  "set",
  "expression",
]);
const MAPPINGS = new Set(["forward", "reverse", "set"]);

/**
 * The SQL in fields that their schema accepted. A field is known by its schema (`sqlExpression`, `typeName` and what is
 * made from them), else, where that is plain text, by its name.
 */
export function findSql(schema: ZodType, fields: unknown): readonly SqlField[] {
  return search(schema, fields, [], false);
}

function search(schema: ZodType, value: unknown, path: Path, named: boolean): readonly SqlField[] {
  if (typeof value === "string") {
    const what = kindOf(schema, path, named);
    return what === null ? [] : [{ path, text: value, what }];
  }
  if (typeof value !== "object" || value === null) return [];
  return Object.entries(value).flatMap(([key, inside]) => {
    const part = Array.isArray(value) ? Number(key) : key;
    const parent = path.at(-1);
    const isNamed = BY_NAME.has(key) || (typeof parent === "string" && MAPPINGS.has(parent));
    return search(schema, inside, [...path, part], isNamed);
  });
}

function kindOf(schema: ZodType, path: Path, named: boolean): SqlField["what"] | null {
  const candidates = schemasAt(schema, path);
  if (candidates.some((one) => isSame(one, sqlExpression))) return "expression";
  if (candidates.some((one) => isSame(one, typeName))) return "type";
  return named && candidates.every(isPlainText) ? "expression" : null;
}

/** True for text without a rule of its own: a name or a choice is no SQL. */
function isPlainText(schema: core.$ZodType): boolean {
  const { def } = (schema as core.$ZodTypes)._zod;
  if (def.type === "string") return (def.checks ?? []).every((check) => check._zod.def.check === "min_length");
  return def.type !== "enum" && def.type !== "literal";
}
