import { z } from "zod";
import { factKey, type Question } from "../model/catalog.ts";
import { objectName, tableName } from "../model/fields.ts";
import { relationKey } from "../model/relation.ts";
import { parseTableName, qualified } from "../sql/identifier.ts";
import { literal } from "../sql/literal.ts";
import { enumKey } from "./enum-values.ts";
import { typeObject } from "./schema-objects.ts";
import { refuseWhatTheServerRefused } from "./server-refusal.ts";
import type { StepKind } from "./step-kind.ts";

const fields = z
  .strictObject({
    name: tableName.describe("The type: `name` or `schema.name`, literally."),
    values: z
      .array(objectName)
      .min(1, "an enum has at least one value")
      .refine((values) => new Set(values).size === values.length, { error: "a value can stand only once" })
      .describe("Its values, in their order."),
  })
  .describe("Creates an enum type.");
export type CreateEnumFields = z.infer<typeof fields>;

/** CREATE TYPE … AS ENUM: nothing stands that it could lock. */
export const createEnumStep = {
  kind: "create_enum",
  fields,
  phases: ["expand"],
  tables: () => [],
  touches: () => [],
  effects: ({ name }, schema) => ({ uses: [], removes: [], creates: [typeObject(name, schema)] }),
  questions: (written, schema) => [question(written, schema)],
  lower(written, { catalog }) {
    const type = parseTableName(written.name, catalog.defaultSchema);
    refuseWhatTheServerRefused(catalog.facts[factKey(question(written, catalog.defaultSchema))], relationKey(type));
    const common = { kind: "transaction", table: null, locks: [], patience: "short", scans: false } as const;
    return {
      expand: [
        {
          ...common,
          rewrites: false,
          title: `create enum ${relationKey(type)}`,
          statements: [`CREATE TYPE ${qualified(type)} AS ENUM (${written.values.map(literal).join(", ")})`],
          undo: [
            {
              ...common,
              rewrites: false,
              id: "",
              title: `drop enum ${relationKey(type)}`,
              statements: [`DROP TYPE IF EXISTS ${qualified(type)}`],
            },
          ],
        },
      ],
    };
  },
  after: ({ name, values }, catalog) => {
    const key = enumKey(parseTableName(name, catalog.defaultSchema));
    return { ...catalog, facts: { ...catalog.facts, [key]: { values } } };
  },
} satisfies StepKind<CreateEnumFields>;

function question({ name, values }: CreateEnumFields, schema: string): Question {
  return { ask: "create enum", type: parseTableName(name, schema), values };
}
