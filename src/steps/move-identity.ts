import type { Column } from "../model/catalog.ts";
import { relationKey, type RelationName } from "../model/relation.ts";
import type { Loss } from "../model/step.ts";
import { deriveName, ident, qualified } from "../sql/identifier.ts";
import { dollarQuote, literal } from "../sql/literal.ts";

const RANGE: Readonly<Record<string, readonly [string, string]>> = {
  smallint: ["-32768", "32767"],
  integer: ["-2147483648", "2147483647"],
  bigint: ["-9223372036854775808", "9223372036854775807"],
};

/** The types of which an identity column can be. */
export function canBeIdentity(type: string): boolean {
  return Object.hasOwn(RANGE, type);
}

/**
 * A statement that makes `to` the identity column instead of `from`, both NOT NULL. PostgreSQL can't hand an identity's
 * sequence to another column: it is made anew under the same name, with the same settings, grants and comment, and goes
 * on at the same value. The renaming locks it first, so that nobody draws a value after that was read. Bounds that
 * are those of the type become those of the new type.
 */
export function moveIdentity(
  table: RelationName,
  { identity, sequence }: Pick<Column, "identity" | "sequence">,
  { from, to, fromType, toType }: Readonly<Record<"from" | "to" | "fromType" | "toType", string>>,
): readonly string[] {
  if (identity === null || sequence === null) return [];
  const alter = (column: string): string => `ALTER TABLE ${qualified(table)} ALTER COLUMN ${ident(column)}`;
  const [least, most] = RANGE[fromType] ?? ["", ""];
  const [newLeast, newMost] = RANGE[toType] ?? ["", ""];
  const aside = { schema: sequence.schema, name: deriveName("segue_old_", sequence.name, qualified(table)) };
  return [
    `ALTER SEQUENCE ${qualified(sequence)} RENAME TO ${ident(aside.name)}`,
    `DO ${dollarQuote(`
DECLARE
  old pg_catalog.pg_sequence;
  last bigint;
  called boolean;
  acl pg_catalog.aclitem[];
  note text;
  given record;
BEGIN
  SELECT * INTO old FROM pg_catalog.pg_sequence WHERE seqrelid = ${literal(qualified(aside))}::pg_catalog.regclass;
  SELECT relacl, pg_catalog.obj_description(oid, 'pg_class') INTO acl, note FROM pg_catalog.pg_class WHERE oid = old.seqrelid;
  SELECT last_value, is_called INTO last, called FROM ${qualified(aside)};
  ${alter(from)} DROP IDENTITY;
  EXECUTE pg_catalog.format(
    ${literal(`${template(alter(to))} ADD GENERATED ${identity.toUpperCase()} AS IDENTITY (SEQUENCE NAME ${template(qualified(sequence))} START %s INCREMENT %s MINVALUE %s MAXVALUE %s CACHE %s %s)`)},
    old.seqstart, old.seqincrement,
    CASE old.seqmin WHEN ${least} THEN ${newLeast} ELSE old.seqmin END,
    CASE old.seqmax WHEN ${most} THEN ${newMost} ELSE old.seqmax END,
    old.seqcache, CASE WHEN old.seqcycle THEN 'CYCLE' ELSE 'NO CYCLE' END);
  PERFORM pg_catalog.setval(${literal(qualified(sequence))}, least(last, ${newMost}), called OR last > ${newMost});
  FOR given IN SELECT grantee, privilege_type, is_grantable FROM pg_catalog.aclexplode(acl) LOOP
    EXECUTE pg_catalog.format(${literal(`GRANT %s ON SEQUENCE ${template(qualified(sequence))} TO %s%s`)}, given.privilege_type,
      CASE given.grantee WHEN 0 THEN 'PUBLIC' ELSE pg_catalog.quote_ident(pg_catalog.pg_get_userbyid(given.grantee)) END,
      CASE WHEN given.is_grantable THEN ' WITH GRANT OPTION' ELSE '' END);
  END LOOP;
  IF note IS NOT NULL THEN
    EXECUTE pg_catalog.format(${literal(`COMMENT ON SEQUENCE ${template(qualified(sequence))} IS %L`)}, note);
  END IF;
END
`)}`,
  ];
}

/** Text as a part of what format() takes. */
function template(text: string): string {
  return text.replaceAll("%", "%%");
}

/** The loss of a reversal after the sequence has passed what the old type holds; null if it can't. */
export function sequencePassed(
  { identity, sequence }: Pick<Column, "identity" | "sequence">,
  fromType: string,
  toType: string,
): Omit<Loss, "step"> | null {
  const [old, wide] = [RANGE[fromType]?.[1], RANGE[toType]?.[1]];
  if (identity === null || sequence === null || old === undefined || wide === undefined || wide.length <= old.length)
    return null;
  return {
    what: `sequence ${relationKey(sequence)} has passed what ${fromType} holds: it would be at its end, and inserts that draw from it fail`,
    count: `SELECT count(*) FROM ${qualified(sequence)} WHERE last_value > ${old}`,
    sample: `SELECT last_value::text FROM ${qualified(sequence)}`,
    flag: "--lose-values",
  };
}
