import { z } from "zod";
import type { Catalog } from "../model/catalog.ts";
import { SegueError } from "../model/errors.ts";
import { objectName, tableName } from "../model/fields.ts";
import { relationKey } from "../model/relation.ts";
import { parseTableName, qualified } from "../sql/identifier.ts";
import { literal } from "../sql/literal.ts";
import { enumKey, enumValues } from "./enum-values.ts";
import { typeObject } from "./schema-objects.ts";
import type { StepKind } from "./step-kind.ts";

const fields = z
  .strictObject({
    type: tableName.describe("The enum: `name` or `schema.name`, literally."),
    value: objectName.describe("The value; one that stands already is left alone."),
    before: objectName.optional().describe("A value that it stands before."),
    after: objectName.optional().describe("A value that it stands behind; without either it is the last."),
  })
  .refine((f) => f.before === undefined || f.after === undefined, {
    error: "only one of `before` and `after` can be given",
  })
  .describe("Adds a value to an enum.");
export type AddEnumValueFields = z.infer<typeof fields>;

/**
 * ALTER TYPE … ADD VALUE, in a transaction of its own: nothing can use the value before that has committed. No lock on a table.
 * PostgreSQL can't drop a value, so it stays on reversal, and the next expand finds it.
 */
export const addEnumValueStep = {
  kind: "add_enum_value",
  fields,
  phases: ["expand"],
  tables: () => [],
  touches: () => [],
  effects: ({ type }, schema) => ({ uses: [typeObject(type, schema)], removes: [], creates: [] }),
  questions: ({ type }, schema) => [{ ask: "enum", type: parseTableName(type, schema) }],
  lower(written, { catalog }) {
    const type = parseTableName(written.type, catalog.defaultSchema);
    const what = `value ${written.value} of enum ${relationKey(type)}`;
    if (standsAlready(written, catalog)) return { warnings: [`${what} stands already: nothing is added`] };
    const { after, before } = written;
    const place = [
      ...(before === undefined ? [] : [`BEFORE ${literal(before)}`]),
      ...(after === undefined ? [] : [`AFTER ${literal(after)}`]),
    ];
    const add = [`ALTER TYPE ${qualified(type)} ADD VALUE IF NOT EXISTS ${literal(written.value)}`, ...place].join(" ");
    const stays = `${what}: PostgreSQL can't drop a value of an enum`;
    return {
      expand: [
        {
          kind: "transaction",
          title: `add value ${written.value} to enum ${relationKey(type)}`,
          table: null,
          statements: [add],
          locks: [],
          patience: "short",
          scans: false,
          rewrites: false,
          undo: [],
          stays,
        },
      ],
      warnings: [`a reversal leaves ${stays}`],
    };
  },
  after: (written, catalog) => {
    const type = parseTableName(written.type, catalog.defaultSchema);
    const values = enumValues(catalog, type);
    if (values.includes(written.value)) return catalog;
    const at =
      written.before !== undefined
        ? values.indexOf(written.before)
        : written.after !== undefined
          ? values.indexOf(written.after) + 1
          : values.length;
    const next = [...values.slice(0, at), written.value, ...values.slice(at)];
    return { ...catalog, facts: { ...catalog.facts, [enumKey(type)]: { values: next } } };
  },
} satisfies StepKind<AddEnumValueFields>;

/**
 * True for a value that stands already, be it from a reversed rollout of this very plan.
 *
 * @throws SegueError SEG0101 for a type that is no enum, a neighbour that it does not have, a value that stands elsewhere
 */
export function standsAlready({ after, before, type: name, value }: AddEnumValueFields, catalog: Catalog): boolean {
  const type = parseTableName(name, catalog.defaultSchema);
  const values = enumValues(catalog, type);
  const refusal = (message: string): SegueError =>
    new SegueError("SEG0101", { message: `enum ${relationKey(type)} ${message}`, object: relationKey(type) });
  const neighbour = before ?? after;
  if (neighbour !== undefined && !values.includes(neighbour))
    throw refusal(`has no value ${neighbour}; it has ${values.join(", ")}`);
  const at = values.indexOf(value);
  if (at === -1) return false;
  const fits =
    (before === undefined || at < values.indexOf(before)) && (after === undefined || at > values.indexOf(after));
  if (!fits)
    throw refusal(
      `has the value ${value} already, but not ${before === undefined ? "behind" : "before"} ${neighbour ?? ""}: the order of values can't be changed`,
    );
  return true;
}
