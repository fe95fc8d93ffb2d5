import type { Catalog, Table } from "../model/catalog.ts";
import type { Grant } from "../model/grant.ts";
import { SegueError } from "../model/errors.ts";
import { relationKey, type RelationName } from "../model/relation.ts";
import { ident, parseTableName, qualified } from "../sql/identifier.ts";
import { dollarQuote, literal } from "../sql/literal.ts";
import { requireTable } from "./catalog-lookup.ts";
import { relationsOf } from "./choose-name.ts";
import { factKey, type Question } from "../model/catalog.ts";

/** A table and the second name that it is to have. */
export interface TableAlias {
  readonly table: Table;
  readonly alias: RelationName;
}

/** Whether the second name is free as a type's too: every relation has a row type of its name. */
export function aliasQuestion(from: string, to: string, schema: string): Question {
  return { ask: "type", type: qualified(aliasName(from, to, schema)) };
}

/** A second name without a schema is in the schema of the table. */
export function aliasName(from: string, to: string, schema: string): RelationName {
  return parseTableName(to, parseTableName(from, schema).schema);
}

/**
 * The table, if a view can stand in for it without a change of who may do and see what.
 *
 * @throws SegueError SEG0101, SEG0103
 */
export function aliasable(from: string, to: string, catalog: Catalog): TableAlias {
  const table = requireTable(catalog, from);
  const alias = aliasName(from, to, catalog.defaultSchema);
  const name = relationKey(table);
  const refuse = (code: "SEG0101" | "SEG0103", message: string, next?: string): never => {
    throw new SegueError(code, { message, object: name, ...(next === undefined ? {} : { next }) });
  };
  if (alias.schema !== table.schema)
    refuse("SEG0103", `${name} can't become ${relationKey(alias)}: a table is renamed within its schema`);
  if (alias.name === table.name) refuse("SEG0101", `${name} has that name already`);
  if (relationsOf(catalog, alias.schema).taken(alias.name))
    refuse("SEG0101", `the name ${relationKey(alias)} is taken by another relation`);
  const type = catalog.facts[factKey({ ask: "type", type: qualified(alias) })];
  if (type !== undefined && "type" in type) refuse("SEG0101", `the name ${relationKey(alias)} is taken by a type`);
  if (table.columns.length === 0) refuse("SEG0103", `${name} has no columns: no view can be written through`);
  if (table.subscribed)
    refuse(
      "SEG0103",
      `a subscription writes to ${name} by that name, and would find a view in its place`,
      "rename the table on both sides with the subscription disabled",
    );
  if (catalog.major < 15) refuseOwnersRights(table, refuse);
  return { table, alias };
}

/** Before 15 a view reads and writes its table with the rights of its owner, not of who uses it. */
function refuseOwnersRights(table: Table, refuse: (code: "SEG0103", message: string, next: string) => never): void {
  const name = relationKey(table);
  if (table.rowSecurity)
    refuse(
      "SEG0103",
      `${name} has row security: on PostgreSQL 14 a view reads with the rights of its owner, so that everyone would see every row`,
      "upgrade to PostgreSQL 15 or newer, where a view reads with the rights of who uses it; or rename with the application stopped, by an sql operation",
    );
  const lacking = ["SELECT", "INSERT", "UPDATE", "DELETE"].filter(
    (privilege) => table.grants?.some((g) => g.grantee === table.owner && g.privilege === privilege) === false,
  );
  if (lacking.length > 0)
    refuse(
      "SEG0103",
      `the owner of ${name}, ${table.owner}, may not ${lacking.join(", ")}: on PostgreSQL 14 nobody could through a view`,
      `grant ${lacking.join(", ")} on the table to its owner first`,
    );
}

/** The view under the second name: same columns, same owner, same rights. */
export function aliasStatements({ table, alias }: TableAlias, major: number): readonly string[] {
  const columns = table.columns.map(({ name }) => ident(name)).join(", ");
  // Since 15 rights and row security are those of who uses the view.
  const options = major >= 15 ? " WITH (security_invoker = true)" : "";
  return [
    `CREATE VIEW ${qualified(alias)}${options} AS SELECT ${columns} FROM ${qualified(table)}`,
    `ALTER VIEW ${qualified(alias)} OWNER TO ${ident(table.owner)}`,
    revokeDefaults(alias),
    ...grantStatements({ table, alias }, major),
  ];
}

/** Default privileges for tables are given to a new view too, whatever the table itself has. */
function revokeDefaults(view: RelationName): string {
  return `DO ${dollarQuote(`
DECLARE
  grantee text;
BEGIN
  FOR grantee IN
    SELECT DISTINCT CASE x.grantee WHEN 0 THEN 'PUBLIC' ELSE quote_ident(pg_get_userbyid(x.grantee)) END
      FROM pg_class c CROSS JOIN LATERAL aclexplode(c.relacl) x
     WHERE c.oid = ${literal(qualified(view))}::regclass AND x.grantee <> c.relowner
  LOOP
    EXECUTE ${literal(`REVOKE ALL ON TABLE ${qualified(view)} FROM `)} || grantee;
  END LOOP;
END
`)}`;
}

function grantStatements({ table, alias }: TableAlias, major: number): readonly string[] {
  const grants = table.grants ?? [];
  const byOwner = grants.filter(({ grantee }) => grantee === table.owner);
  const whole = major >= 17 ? 8 : 7;
  const restricted = table.grants !== undefined && byOwner.length < whole;
  const statements = restricted ? [`REVOKE ALL ON TABLE ${qualified(alias)} FROM ${ident(table.owner)}`] : [];
  const given = grants.filter(({ grantee }) => restricted || grantee !== table.owner);
  for (const { privileges, grantee, grantable } of gathered(given))
    statements.push(
      `GRANT ${privileges.join(", ")} ON TABLE ${qualified(alias)} TO ${role(grantee)}${option(grantable)}`,
    );
  for (const column of table.columns)
    for (const { privilege, grantee, grantable } of column.grants)
      statements.push(
        `GRANT ${privilege} (${ident(column.name)}) ON TABLE ${qualified(alias)} TO ${role(grantee)}${option(grantable)}`,
      );
  return statements;
}

interface Gathered {
  readonly grantee: string;
  readonly grantable: boolean;
  readonly privileges: string[];
}

function gathered(grants: readonly Grant[]): readonly Gathered[] {
  const found: Gathered[] = [];
  for (const { grantee, grantable, privilege } of grants) {
    const same = found.find((one) => one.grantee === grantee && one.grantable === grantable);
    if (same === undefined) found.push({ grantee, grantable, privileges: [privilege] });
    else same.privileges.push(privilege);
  }
  return found;
}

const role = (grantee: string): string => (grantee === "PUBLIC" ? "PUBLIC" : ident(grantee));
const option = (grantable: boolean): string => (grantable ? " WITH GRANT OPTION" : "");
