import type { Probe } from "../model/step.ts";
import { parse } from "../sql/parser.ts";

/**
 * How to tell from the catalog whether a statement that can't be in a transaction has happened: for CREATE INDEX
 * CONCURRENTLY with a name, and DROP INDEX CONCURRENTLY of one index. A process that dies in any other one leaves
 * that to a person.
 */
export function concurrentProbe(sql: string, defaultSchema: string): Probe {
  const node = parse(sql).statements?.[0]?.node;
  if (node !== undefined && "IndexStmt" in node) {
    const { concurrent, idxname, if_not_exists: mayExist, relation } = node.IndexStmt;
    if (concurrent === true && idxname !== undefined && idxname !== "") {
      // An index stands in the schema of its table.
      const index = { schema: relation?.schemaname ?? defaultSchema, name: idxname };
      return { expect: "index valid", index, ...(mayExist === true ? { mayExist } : {}) };
    }
  }
  if (node !== undefined && "DropStmt" in node && node.DropStmt.removeType === "OBJECT_INDEX") {
    const [object, another] = node.DropStmt.objects ?? [];
    const items = object !== undefined && "List" in object ? (object.List.items ?? []) : [];
    const names = items.flatMap((item) => ("String" in item ? [item.String.sval ?? ""] : []));
    const name = names.at(-1);
    if (another === undefined && name !== undefined && names.length <= 2) {
      return { expect: "index absent", index: { schema: names.length === 2 ? (names[0] ?? "") : defaultSchema, name } };
    }
  }
  return { expect: "unknown" };
}
