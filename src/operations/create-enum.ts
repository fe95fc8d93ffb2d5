import { type CreateEnumFields, createEnumStep } from "../steps/create-enum.ts";
import type { Operation } from "./operation.ts";

/** Creates an enum type, for columns that the plan or a later one adds. */
export const createEnum: Operation<CreateEnumFields> = {
  kind: "create_enum",
  fields: createEnumStep.fields,
  tables: createEnumStep.tables,
  touches: createEnumStep.touches,
  effects: createEnumStep.effects,
  questions: createEnumStep.questions,
  compile: (fields) => ({ expand: [{ kind: "create_enum", fields }], backfill: [], contract: [] }),
  after: createEnumStep.after,
  inverse: ({ name }) => ({
    lost: [`nothing but the use of type ${name}: it stays, to be dropped by a plan of its own once no column has it`],
  }),
};
