import type { Table } from "../model/catalog.ts";
import { relationKey, type RelationName } from "../model/relation.ts";
import { ROW } from "../model/step.ts";
import { ident, qualified } from "../sql/identifier.ts";
import { dollarQuote, literal } from "../sql/literal.ts";
import { type CalledReference, isHalf, isThere, type KeyReferences } from "./key-references.ts";
import { imageChanged } from "./column-changed.ts";
import { notFilling } from "./sync-function.ts";

export interface ReferenceFunction {
  readonly references: KeyReferences;
  readonly name: RelationName;
  readonly plan: string;
  /** What the columns are called then. */
  readonly called: readonly CalledReference[];
  /** `both` until the cut-over; `reverse` after it, when the old side is hidden. */
  readonly mode: "both" | "reverse";
}

/**
 * CREATE OR REPLACE FUNCTION of a table's references. It runs with the rights of its owner, as a foreign key's check does: a
 * role that may write a row need not be allowed to read what it references. Nobody else may put it to use.
 */
export function referenceFunction(text: ReferenceFunction): readonly string[] {
  const name = `${qualified(text.name)}()`;
  return [
    `CREATE OR REPLACE FUNCTION ${name} RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER ` +
      `SET search_path = pg_catalog, pg_temp AS ${dollarQuote(referenceBody(text))}`,
    `REVOKE ALL ON FUNCTION ${name} FROM PUBLIC`,
  ];
}

/** The function's source, as pg_proc.prosrc has it. */
export function referenceBody(text: ReferenceFunction): string {
  const { called, mode } = text;
  const lines = [
    "DECLARE",
    "  healed bigint;",
    "  half bigint;",
    "BEGIN",
    "  IF TG_WHEN = 'AFTER' THEN",
    ...healing(text).map((line) => `    ${line}`),
    "    RETURN NULL;",
    "  END IF;",
    ...called.flatMap((one) => (mode === "both" ? bothWays(text, one) : backwards(text, one))),
    "  RETURN NEW;",
    "END",
  ];
  return `\n${lines.join("\n")}\n`;
}

/** The condition under which an UPDATE needs the function before it. */
export function referenceChange(called: readonly CalledReference[], plan: string): string {
  const half = called.map((one) => isHalf(one, "NEW")).join(" OR ");
  return (
    `${imageChanged(called.map(({ old }) => old))} OR ` +
    `(${notFilling(plan, "when")} AND (${imageChanged(called.map(({ fresh }) => fresh))} OR ${half}))`
  );
}

function bothWays(text: ReferenceFunction, one: CalledReference): readonly string[] {
  const { fresh, old } = one;
  const [toNew, toOld] = [follow(text, one, "fresh"), follow(text, one, "old")];
  return [
    "  IF TG_OP = 'INSERT' THEN",
    `    IF NEW.${ident(fresh)} IS NULL THEN`,
    ...toNew.map((line) => `      ${line}`),
    `    ELSIF NEW.${ident(old)} IS NULL THEN`,
    ...toOld.map((line) => `      ${line}`),
    "    END IF;",
    `  ELSIF ${imageChanged([old])} AND (NOT ${notFilling(text.plan)} OR NOT ${imageChanged([fresh])}) THEN`,
    ...toNew.map((line) => `    ${line}`),
    `  ELSIF ${imageChanged([fresh])} THEN`,
    `    IF ${notFilling(text.plan)} THEN`,
    ...toOld.map((line) => `      ${line}`),
    "    END IF;",
    `  ELSIF NEW.${ident(fresh)} IS NULL THEN`,
    ...toNew.map((line) => `    ${line}`),
    `  ELSIF NEW.${ident(old)} IS NULL THEN`,
    ...toOld.map((line) => `    ${line}`),
    "  END IF;",
  ];
}

function backwards(text: ReferenceFunction, one: CalledReference): readonly string[] {
  return [
    `  IF TG_OP = 'INSERT' OR ${imageChanged([one.fresh])} OR NEW.${ident(one.old)} IS NULL THEN`,
    ...follow(text, one, "old").map((line) => `    ${line}`),
    "  END IF;",
  ];
}

/**
 * Derives one side of a reference from the key's row. The lock is the one that the foreign key's own check takes right
 * after: what the row is found by stays as it is until the writer has committed. A row that references itself is not
 * there yet.
 */
function follow(
  { references: { key, table } }: ReferenceFunction,
  { direct, fresh, keyFresh, keyOld, old }: CalledReference,
  side: "old" | "fresh",
): readonly string[] {
  const [from, to, known, wanted] = side === "fresh" ? [old, fresh, keyOld, keyFresh] : [fresh, old, keyFresh, keyOld];
  const itself = relationKey(key.table) === relationKey(table);
  return [
    `IF NEW.${ident(from)} IS NULL THEN`,
    `  NEW.${ident(to)} := NULL;`,
    ...(itself
      ? [`ELSIF NEW.${ident(from)} = NEW.${ident(known)} THEN`, `  NEW.${ident(to)} := NEW.${ident(wanted)};`]
      : []),
    "ELSE",
    `  SELECT k.${ident(wanted)} INTO NEW.${ident(to)} FROM ${qualified(key.table)} AS k`,
    `    WHERE k.${ident(known)} = NEW.${ident(from)}${direct ? " FOR KEY SHARE OF k" : ""};`,
    "END IF;",
  ];
}

/**
 * Right before the commit, or when constraints are made immediate: what the row references may have come after it, in the
 * same statement or under a deferred foreign key. The update that touches nothing sets off the trigger before it, which
 * finds the key's row by now. It is made only where that trigger derives a value: a row that stayed half would be looked at
 * for ever.
 */
function healing({ called, mode, plan, references: { key, table } }: ReferenceFunction): readonly string[] {
  const [first] = called;
  if (first === undefined) return [];
  const half = called.map((one) => isHalf(one, ROW)).join(" OR ");
  const found = called
    .flatMap(({ fresh, keyFresh, keyOld, old }) => [
      ...(mode === "both"
        ? [`${ROW}.${ident(fresh)} IS NULL AND ${isThere(key.table, keyFresh, keyOld, `${ROW}.${ident(old)}`)}`]
        : []),
      `${ROW}.${ident(old)} IS NULL AND ${isThere(key.table, keyOld, keyFresh, `${ROW}.${ident(fresh)}`)}`,
    ])
    .map((condition) => `(${condition})`)
    .join(" OR ");
  const touch = `${ident(first.old)} = ${ROW}.${ident(first.old)}`;
  const place = `WHERE ${ROW}.ctid = $1`;
  return [
    `EXECUTE 'UPDATE ONLY ' || TG_RELID::regclass::text || ${literal(` AS ${ROW} SET ${touch} ${place} AND (${found})`)} USING NEW.ctid;`,
    "GET DIAGNOSTICS healed = ROW_COUNT;",
    "IF healed = 0 THEN",
    `  EXECUTE 'SELECT count(*) FROM ONLY ' || TG_RELID::regclass::text || ${literal(` AS ${ROW} ${place} AND (${half})`)} INTO half USING NEW.ctid;`,
    "  IF half > 0 THEN",
    ...(mode === "both" ? unfollowed(called, plan, table) : [lost(plan, table)]).map((line) => `    ${line}`),
    "  END IF;",
    "END IF;",
  ];
}

/** Up to the cut-over no foreign key stands guard over the new side: this does. */
function unfollowed(called: readonly CalledReference[], plan: string, table: Table): readonly string[] {
  const dangling = called.map(({ fresh, old }) => `(NEW.${ident(old)} IS NULL AND NEW.${ident(fresh)} IS NOT NULL)`);
  const here = [plan, table.schema, table.name].map(literal).join(", ");
  return [
    `IF ${dangling.join(" OR ")} THEN`,
    "  RAISE EXCEPTION USING ERRCODE = 'foreign_key_violation', SCHEMA = TG_TABLE_SCHEMA, TABLE = TG_TABLE_NAME,",
    `    MESSAGE = ${literal(`a row of ${relationKey(table)} references a key that is not there`)};`,
    "END IF;",
    `PERFORM segue.quarantine(${here}, ${rowKey(table)}, 'what it references has no new value', '23503');`,
  ];
}

function lost(plan: string, table: Table): string {
  return `PERFORM segue.witness(${[plan, table.schema, table.name].map(literal).join(", ")}, 'unrepresentable');`;
}

function rowKey(table: Table): string {
  const primary = table.constraints.find(({ kind }) => kind === "primary key");
  if (primary === undefined) return "jsonb_build_object('row', md5(NEW::text))";
  return `jsonb_build_object(${primary.columns.map((column) => `${literal(column)}, NEW.${ident(column)}`).join(", ")})`;
}
