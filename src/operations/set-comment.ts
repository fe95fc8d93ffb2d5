import { relationKey } from "../model/relation.ts";
import { parseTableName } from "../sql/identifier.ts";
import { requireTable } from "../steps/catalog-lookup.ts";
import { type SetCommentFields, setCommentStep, targetOf } from "../steps/set-comment.ts";
import type { Operation } from "./operation.ts";

/**
 * Comments on a table or a part of it. No application sees a comment, so it comes at once; on an index or a constraint in the
 * backfill, where an earlier operation of the plan may make that.
 */
export const setComment: Operation<SetCommentFields> = {
  kind: "set_comment",
  fields: setCommentStep.fields,
  tables: setCommentStep.tables,
  touches: setCommentStep.touches,
  effects: setCommentStep.effects,
  compile(fields, catalog) {
    targetOf(fields, requireTable(catalog, fields.table));
    const entry = { kind: "set_comment", fields };
    const built = fields.index !== undefined || fields.constraint !== undefined;
    return { expand: built ? [] : [entry], backfill: built ? [entry] : [], contract: [] };
  },
  after: setCommentStep.after,
  inverse(fields, before) {
    const table = before.tables[relationKey(parseTableName(fields.table, before.defaultSchema))];
    if (table === undefined) return { impossible: `${fields.table} is not in the catalog of the time` };
    return {
      operations: [{ kind: "set_comment", fields: { ...fields, comment: targetOf(fields, table).before } }],
    };
  },
};
