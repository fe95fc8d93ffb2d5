import type { Index } from "../model/catalog.ts";
import { SegueError } from "../model/errors.ts";
import { relationKey } from "../model/relation.ts";
import { rewriteIndexDefinition } from "../sql/definition.ts";

const NAME = String.raw`(?:"(?:[^"]|"")+"|[^\s".]+)`;
const HEAD = new RegExp(String.raw`^CREATE (?:UNIQUE )?INDEX ${NAME} ON (?:ONLY )?${NAME}(?:\.${NAME})? (?=USING )`);

/**
 * What follows the table's name in pg_get_indexdef(): `USING …`, with the tablespace that this function leaves out. It
 * names only columns, so it holds for each partition of the table too.
 *
 * @throws SegueError SEG0101 if the definition is not what that function writes.
 */
export function definitionBody(index: Index): string {
  const { name, tablespace } = index;
  const definition =
    tablespace === undefined || tablespace === null
      ? index.definition
      : rewriteIndexDefinition(index.definition, { from: "", to: "", name, concurrently: false, tablespace });
  const head = HEAD.exec(definition);
  if (head !== null) return definition.slice(head[0].length);
  throw new SegueError("SEG0101", {
    message: `the definition of index ${relationKey(index)} can't be read: ${index.definition}`,
    object: relationKey(index),
  });
}
