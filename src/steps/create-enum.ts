import { z } from "zod";
import { factKey, type Question } from "../model/catalog.ts";
import { objectName, tableName } from "../model/fields.ts";
import type { EnumUse } from "../model/enum-use.ts";
import { relationKey, type RelationName } from "../model/relation.ts";
import { ident, parseTableName, qualified } from "../sql/identifier.ts";
import { literal } from "../sql/literal.ts";
import { enumKey, enumUse } from "./enum-values.ts";
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
    like: tableName.optional().describe("Owner, grants and comment are copied from this enum."),
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
  questions: (written, schema) => [
    question(written, schema),
    ...(written.like === undefined
      ? []
      : [{ ask: "enum use", type: parseTableName(written.like, schema) } satisfies Question]),
  ],
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
          statements: [
            `CREATE TYPE ${qualified(type)} AS ENUM (${written.values.map(literal).join(", ")})`,
            ...(written.like === undefined
              ? []
              : likeAnother(type, enumUse(catalog, parseTableName(written.like, catalog.defaultSchema)))),
          ],
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

/** Comment, grants and owner of another enum; the owner last, for only who owns it may do the rest. */
function likeAnother(type: RelationName, { comment, grants, owner }: EnumUse): readonly string[] {
  const name = qualified(type);
  const role = (grantee: string): string => (grantee === "PUBLIC" ? "PUBLIC" : ident(grantee));
  return [
    ...(comment === null ? [] : [`COMMENT ON TYPE ${name} IS ${literal(comment)}`]),
    ...(grants === null ? [] : [`REVOKE ALL ON TYPE ${name} FROM PUBLIC`]),
    ...(grants ?? [])
      .filter(({ grantee }) => grantee !== owner)
      .map(
        ({ grantable, grantee, privilege }) =>
          `GRANT ${privilege} ON TYPE ${name} TO ${role(grantee)}${grantable ? " WITH GRANT OPTION" : ""}`,
      ),
    `ALTER TYPE ${name} OWNER TO ${ident(owner)}`,
  ];
}

function question({ name, values }: CreateEnumFields, schema: string): Question {
  return { ask: "create enum", type: parseTableName(name, schema), values };
}
