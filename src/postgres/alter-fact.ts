import type { Fact } from "../model/catalog.ts";
import type { RelationName } from "../model/relation.ts";
import { ident, qualified } from "../sql/identifier.ts";
import { parse } from "../sql/parser.ts";
import { setPath } from "./consistent-read.ts";
import type { Notice, Session } from "./session.ts";
import { SQLSTATE } from "./sqlstate.ts";

const COPY = "pg_temp.segue_probe";

/** The index of a TOAST table that the ALTER makes, as the first of its columns that may need one: it is empty. */
const OF_TOAST = / "pg_toast_\d+" /;

/**
 * What `ALTER TABLE <table> <action>` would do to the rows, tried on an empty copy inside the caller's savepoint.
 * The server announces each pass over the rows at DEBUG1, however few there are, and names the C function that
 * makes it. Foreign keys are not copied, so their validation is not seen.
 */
export async function alterFact(session: Session, table: RelationName, action: string): Promise<Fact> {
  const statement = `ALTER TABLE ${COPY} ${action}`;
  const { statements, fault } = parse(statement);
  if (statements?.length !== 1) {
    return { error: fault?.message ?? "more than one statement", sqlstate: SQLSTATE.syntaxError };
  }
  await session.query(`CREATE TEMP TABLE segue_probe (LIKE ${qualified(table)} INCLUDING ALL)`);
  await unprove(session, table);
  // What a plan writes is looked up as the step that runs it does.
  await setPath(session, `${ident(table.schema)}, public, pg_temp`);
  await session.query("SET LOCAL client_min_messages = debug1");
  const heard: Notice[] = [];
  const stop = session.onNotice((notice) => heard.push(notice));
  try {
    await session.query(statement);
  } finally {
    stop();
  }
  const passes = (routine: string, verb: string): boolean =>
    heard.some(
      ({ message = "", routine: found }) => found === routine && message.startsWith(verb) && !OF_TOAST.test(message),
    );
  const rewrite = passes("ATRewriteTable", "rewriting");
  const reindex = passes("index_build", "building");
  return { rewrite, reindex, scan: rewrite || reindex || passes("ATRewriteTable", "verifying") };
}

const UNPROVEN = `
SELECT c.conname AS name, pg_get_constraintdef(c.oid) AS definition
  FROM pg_constraint c JOIN pg_class t ON t.oid = c.conrelid JOIN pg_namespace n ON n.oid = t.relnamespace
 WHERE n.nspname = $1 AND t.relname = $2 AND c.contype IN ('c', 'n') AND NOT c.convalidated`;

/** The copy's constraints are all valid, for want of rows, and would prove what those of the table don't. */
async function unprove(session: Session, table: RelationName): Promise<void> {
  const { rows } = await session.query<{ name: string; definition: string }>(UNPROVEN, [table.schema, table.name]);
  for (const { name, definition } of rows) {
    await session.query(`ALTER TABLE ${COPY} DROP CONSTRAINT ${ident(name)}`);
    await session.query(`ALTER TABLE ${COPY} ADD CONSTRAINT ${ident(name)} ${definition}`);
  }
}
