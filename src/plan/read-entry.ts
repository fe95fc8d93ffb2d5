import type { ZodType } from "zod";
import type { Spec } from "../model/plan.ts";
import { quoted, suggestion } from "./did-you-mean.ts";
import { keysAt } from "./schema-at.ts";
import { type Finding, fieldList, type Path, zodFindings } from "./zod-findings.ts";

/** One kind of list: what its entries may be, and what to say of a word that stands in the wrong list. */
export interface EntryRules {
  /** `operation`, `step of expand`, `gate`. */
  readonly what: string;
  readonly kinds: Readonly<Record<string, ZodType>>;
  /** A sentence for a kind that is known but not allowed here; null for one that is not known. */
  elsewhere(kind: string): string | null;
}

export type EntryResult =
  | { readonly spec: Spec; readonly findings: null }
  | { readonly spec: null; readonly findings: readonly Finding[] };

/** Validates one entry, `{ <kind>: { fields } }`, and gives its fields as the kind's schema parses them. */
export function readEntry(
  value: unknown,
  path: Path,
  rules: EntryRules,
  written: (path: Path) => string | undefined,
): EntryResult {
  const failed = (message: string, at: "key" | "value" = "value", inside: Path = path): EntryResult => ({
    spec: null,
    findings: [{ path: inside, at, message }],
  });
  if (typeof value === "string" && Object.hasOwn(rules.kinds, value))
    return failed(`\`${value}\` needs its fields: ${fieldList(rules.kinds[value] as ZodType)}`);
  if (typeof value !== "object" || value === null || Array.isArray(value))
    return failed(
      `each ${rules.what} is a mapping of one key, like \`${Object.keys(rules.kinds)[0] ?? "name"}: { … }\``,
    );

  const keys = Object.keys(value);
  const kind = keys[0];
  if (kind === undefined) return failed(`an empty mapping is no ${rules.what}`);
  const schema = Object.hasOwn(rules.kinds, kind) ? rules.kinds[kind] : undefined;
  if (keys.length > 1)
    return failed(severalKeys(value as Record<string, unknown>, kind, schema, rules.what), "key", [
      ...path,
      keys[1] as string,
    ]);
  if (schema === undefined) {
    const message =
      rules.elsewhere(kind) ?? `there is no ${rules.what} \`${kind}\`${suggestion(kind, Object.keys(rules.kinds))}`;
    return failed(message, "key", [...path, kind]);
  }

  const fields = (value as Record<string, unknown>)[kind];
  if (fields === null || typeof fields !== "object" || Array.isArray(fields)) {
    const kindOf = fields === null ? "" : `, not ${Array.isArray(fields) ? "a list" : "a single value"}`;
    return failed(
      `\`${kind}\` takes a mapping of its fields${kindOf}: ${fieldList(schema)}`,
      fields === null ? "key" : "value",
      [...path, kind],
    );
  }
  const parsed = schema.safeParse(fields);
  if (parsed.success) return { spec: { kind, fields: parsed.data as Spec["fields"] }, findings: null };
  const findings = zodFindings(parsed.error.issues, {
    schema,
    value: fields,
    name: `\`${kind}\``,
    written: (inside) => written([...path, kind, ...inside]),
  });
  return { spec: null, findings: findings.map((finding) => ({ ...finding, path: [...path, kind, ...finding.path] })) };
}

/** Two keys in an entry are mostly the fields of the first, not indented under it. */
function severalKeys(value: Record<string, unknown>, kind: string, schema: ZodType | undefined, what: string): string {
  const others = Object.keys(value).slice(1);
  const fields = schema === undefined ? [] : keysAt(schema, []);
  if (value[kind] === null && others.every((other) => fields.includes(other)))
    return `${quoted(others)} must be indented deeper than \`${kind}\`, as its fields`;
  return `each ${what} is a mapping of one key; this one has ${quoted([kind, ...others])}: give each a \`- \` of its own`;
}
