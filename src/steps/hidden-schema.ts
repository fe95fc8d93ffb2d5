import { dollarQuote, literal } from "../sql/literal.ts";

/** Where tables wait for their drop. No application has it in its path or a right on it. */
export const HIDDEN_SCHEMA = "segue_hidden";

/** By its comment the schema is known for Segue's own: one that a person made stays. */
const MARK = "where Segue keeps what a rollout has hidden, until its soak is over";

/**
 * One transaction at a time makes or removes the schema. The first statement of a transaction, so that nobody waits for
 * it with a lock on a table; it waits no longer than `lock_timeout`.
 */
export const lockHiddenSchema = `SELECT pg_advisory_xact_lock(hashtextextended(${literal(HIDDEN_SCHEMA)}, 0))`;

/** Makes the schema if it is not there, for its owner alone, whatever the default privileges grant. */
export const makeHiddenSchema = `DO ${dollarQuote(`
DECLARE
  grantee text;
BEGIN
  IF to_regnamespace(${literal(HIDDEN_SCHEMA)}) IS NOT NULL THEN
    RETURN;
  END IF;
  CREATE SCHEMA ${HIDDEN_SCHEMA};
  COMMENT ON SCHEMA ${HIDDEN_SCHEMA} IS ${literal(MARK)};
  FOR grantee IN
    SELECT DISTINCT CASE x.grantee WHEN 0 THEN 'PUBLIC' ELSE quote_ident(pg_get_userbyid(x.grantee)) END
      FROM pg_namespace n CROSS JOIN LATERAL aclexplode(n.nspacl) x
     WHERE n.nspname = ${literal(HIDDEN_SCHEMA)} AND x.grantee <> n.nspowner
  LOOP
    EXECUTE 'REVOKE ALL ON SCHEMA ${HIDDEN_SCHEMA} FROM ' || grantee;
  END LOOP;
END
`)}`;

/** Removes the schema if it is Segue's own and nothing is in it. One that another role owns is left to that role. */
export const removeHiddenSchema = `DO ${dollarQuote(`
BEGIN
  IF obj_description(to_regnamespace(${literal(HIDDEN_SCHEMA)}), 'pg_namespace') = ${literal(MARK)} THEN
    DROP SCHEMA ${HIDDEN_SCHEMA};
  END IF;
EXCEPTION
  WHEN dependent_objects_still_exist OR insufficient_privilege THEN
    NULL;
END
`)}`;
