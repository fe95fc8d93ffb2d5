import type { Dependent } from "../model/catalog.ts";
import { VERSION_MARK } from "../model/versioned.ts";
import { literal } from "../sql/literal.ts";
import { namesByPosition } from "../sql/positional-names.ts";
import type { OfTable } from "./by-table.ts";

/** Why CREATE OR REPLACE VIEW of the view `v` would be refused to this role, as SQL; NULL for no reason, or for no view. */
export const VIEW_OBSTACLE = `CASE
  WHEN v.relpersistence = 't' THEN 'it is a temporary view, which only its own session can replace'
  WHEN NOT pg_has_role(v.relowner, 'USAGE')
    THEN format('only its owner %I can make it read another column: give it to this role, or this role membership of that one', pg_get_userbyid(v.relowner))
  WHEN NOT has_schema_privilege(v.relnamespace, 'CREATE')
    THEN format('to make it read another column this role needs CREATE on schema %s', v.relnamespace::regnamespace)
  WHEN starts_with(obj_description(v.relnamespace, 'pg_namespace'), ${literal(VERSION_MARK)})
    THEN 'it is in the schema of a version, which only a plan with \`views: true\` replaces'
END`;

/** A dependent, and where it is a view: what stands against replacing it, its query, and which of the tables it names. */
export interface ViewOfTable extends OfTable<Dependent> {
  readonly obstacle: string | null;
  readonly definition: string | null;
  readonly relations: readonly string[] | null;
}

/** The dependent with what the server, or its own query, puts in the way of its reading another column. */
export function withObstacle(
  item: Dependent,
  { definition, obstacle, relations }: Pick<ViewOfTable, "definition" | "obstacle" | "relations">,
): Dependent {
  if (obstacle !== null) return { ...item, obstacle };
  if (definition === null || !namesByPosition(definition, relations ?? [])) return item;
  return { ...item, obstacle: "it gives the columns of the table other names by their position" };
}
