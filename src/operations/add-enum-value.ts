import { type AddEnumValueFields, addEnumValueStep, standsAlready } from "../steps/add-enum-value.ts";
import type { Operation } from "./operation.ts";

/** Adds a value to an enum before the new version, which may write it, comes. */
export const addEnumValue: Operation<AddEnumValueFields> = {
  kind: "add_enum_value",
  fields: addEnumValueStep.fields,
  tables: addEnumValueStep.tables,
  touches: addEnumValueStep.touches,
  effects: addEnumValueStep.effects,
  questions: addEnumValueStep.questions,
  compile(fields, catalog) {
    standsAlready(fields, catalog);
    return { expand: [{ kind: "add_enum_value", fields }], backfill: [], contract: [] };
  },
  after: addEnumValueStep.after,
  inverse: ({ type, value }) => ({
    lost: [`nothing, but value ${value} of enum ${type} stays: PostgreSQL can't drop a value of an enum`],
  }),
};
