/**
 * The journal's tables, as forward migrations of their own. A migration that was released is never edited:
 * a database holds any prefix of this list.
 */
export const JOURNAL_MIGRATIONS: readonly string[] = [
  `
CREATE TABLE segue.rollout (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  plan text NOT NULL,
  plan_hash text NOT NULL,
  plan_content jsonb NOT NULL,
  program jsonb NOT NULL,
  touches jsonb NOT NULL,
  state text NOT NULL CHECK (state IN ('planned','expanding','expanded','backfilling','ready','contracting','soaking','dropping','completed','reversing','reversed')),
  reverse_to text CHECK (reverse_to IN ('start','ready')),
  epoch bigint NOT NULL DEFAULT 0,
  actor text NOT NULL,
  tool_version text NOT NULL,
  created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  updated_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  soak_ends_at timestamptz,
  verified_at timestamptz,
  verified_rows bigint,
  error jsonb
);
-- One rollout of a plan in flight; any number in the past.
CREATE UNIQUE INDEX rollout_in_flight ON segue.rollout (plan) WHERE state NOT IN ('completed', 'reversed');

-- Apart from rollout, so that heartbeats do not collide with a long transaction's fence on the rollout row.
CREATE TABLE segue.lease (
  rollout bigint PRIMARY KEY REFERENCES segue.rollout,
  owner text NOT NULL,
  epoch bigint NOT NULL,
  expires_at timestamptz NOT NULL
);

CREATE TABLE segue.step (
  rollout bigint NOT NULL REFERENCES segue.rollout,
  stage text NOT NULL CHECK (stage IN ('expand','backfill','cutover','drop','reverse')),
  ordinal integer NOT NULL,
  step jsonb NOT NULL,
  state text NOT NULL DEFAULT 'pending' CHECK (state IN ('pending','running','done','undone')),
  attempts integer NOT NULL DEFAULT 0,
  lock_waits integer NOT NULL DEFAULT 0,
  started_at timestamptz,
  finished_at timestamptz,
  error jsonb,
  PRIMARY KEY (rollout, stage, ordinal)
);

-- Backfill work: a heap's blocks [first_block, end_block) or a range of keys, and how far it has come.
CREATE TABLE segue.extent (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  rollout bigint NOT NULL REFERENCES segue.rollout,
  step text NOT NULL,
  schema_name text NOT NULL,
  table_name text NOT NULL,
  method text NOT NULL CHECK (method IN ('stripe','key')),
  relfilenode oid,
  end_block bigint,
  cursor_block bigint,
  window_blocks integer,
  stripe integer,
  stripes integer,
  cursor_key jsonb,
  rows_done bigint NOT NULL DEFAULT 0,
  estimated_rows bigint,
  swept boolean NOT NULL DEFAULT false,
  state text NOT NULL DEFAULT 'pending' CHECK (state IN ('pending','running','done')),
  owner text,
  epoch bigint,
  started_at timestamptz,
  updated_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  UNIQUE (rollout, step, schema_name, table_name)
);

CREATE TABLE segue.quarantine (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  rollout bigint REFERENCES segue.rollout,
  -- The fill step whose value could not be computed; '' if a trigger found it. Two fills of a table settle apart.
  step text NOT NULL DEFAULT '',
  schema_name text NOT NULL,
  table_name text NOT NULL,
  row_key jsonb NOT NULL,
  error text NOT NULL,
  sqlstate text NOT NULL,
  source text NOT NULL CHECK (source IN ('fill','trigger','verify')),
  state text NOT NULL DEFAULT 'open' CHECK (state IN ('open','settled','accepted')),
  created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  UNIQUE (rollout, step, schema_name, table_name, row_key)
);

CREATE TABLE segue.event (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  rollout bigint REFERENCES segue.rollout,
  time timestamptz NOT NULL DEFAULT clock_timestamp(),
  type text NOT NULL,
  actor text NOT NULL DEFAULT session_user,
  detail jsonb NOT NULL DEFAULT '{}'
);
CREATE INDEX event_rollout ON segue.event (rollout, id);

CREATE TABLE segue.intent (
  rollout bigint NOT NULL REFERENCES segue.rollout,
  kind text NOT NULL CHECK (kind IN ('pause','cancel','throttle')),
  actor text NOT NULL,
  detail jsonb NOT NULL DEFAULT '{}',
  created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  expires_at timestamptz,
  PRIMARY KEY (rollout, kind)
);

CREATE TABLE segue.approval (
  rollout bigint NOT NULL REFERENCES segue.rollout,
  label text NOT NULL,
  actor text NOT NULL,
  time timestamptz NOT NULL DEFAULT clock_timestamp(),
  PRIMARY KEY (rollout, label)
);

-- Evidence for the contract gates, written by the sync triggers: append-only, never an update of a shared row.
CREATE TABLE segue.witness (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  plan text NOT NULL,
  schema_name text NOT NULL,
  table_name text NOT NULL,
  kind text NOT NULL CHECK (kind IN ('old_write','both_changed','unrepresentable')),
  application_name text,
  pid integer NOT NULL DEFAULT pg_backend_pid(),
  time timestamptz NOT NULL DEFAULT clock_timestamp()
);

-- The catalog before expand, as text: what reversal must restore.
CREATE TABLE segue.snapshot (
  rollout bigint NOT NULL REFERENCES segue.rollout,
  kind text NOT NULL CHECK (kind IN ('before')),
  catalog jsonb NOT NULL,
  PRIMARY KEY (rollout, kind)
);

/* The fence of every transaction of a runner: raises if another runner has taken over, and holds off a
   takeover until this transaction ends. */
CREATE FUNCTION segue.fence(rollout_id bigint, my_epoch bigint) RETURNS void LANGUAGE plpgsql AS $fence$
BEGIN
  PERFORM FROM segue.rollout WHERE id = rollout_id AND epoch = my_epoch FOR SHARE;
  IF NOT FOUND THEN
    RAISE EXCEPTION USING ERRCODE = 'SG001',
      MESSAGE = format('rollout %s was taken over: epoch %s has ended', rollout_id, my_epoch);
  END IF;
END
$fence$;

/* Called by sync triggers in the application's own transaction, so with the journal owner's rights. At most one row
   a session, table and kind in a minute: evidence must not become a load of its own. */
CREATE FUNCTION segue.witness(in_plan text, in_schema text, in_table text, in_kind text) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $witness$
DECLARE
  setting constant text := 'segue.seen_' || md5(in_plan || in_schema || in_table || in_kind);
  seen constant text := coalesce(current_setting(setting, true), '');
BEGIN
  -- Seconds, not a timestamp: how that reads depends on settings that the session may change meanwhile.
  IF seen = '' OR extract(epoch FROM clock_timestamp()) - seen::numeric > 60 THEN
    PERFORM set_config(setting, extract(epoch FROM clock_timestamp())::text, false);
    INSERT INTO segue.witness (plan, schema_name, table_name, kind, application_name)
    VALUES (in_plan, in_schema, in_table, in_kind, current_setting('application_name', true));
  END IF;
END
$witness$;

CREATE FUNCTION segue.quarantine(in_plan text, in_schema text, in_table text, in_key jsonb, in_error text, in_sqlstate text)
RETURNS void LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $quarantine$
  INSERT INTO segue.quarantine (rollout, schema_name, table_name, row_key, error, sqlstate, source)
  SELECT r.id, in_schema, in_table, in_key, in_error, in_sqlstate, 'trigger'
    FROM segue.rollout r WHERE r.plan = in_plan AND r.state NOT IN ('completed', 'reversed')
  ON CONFLICT (rollout, step, schema_name, table_name, row_key)
    DO UPDATE SET error = excluded.error, sqlstate = excluded.sqlstate, state = 'open'
$quarantine$;
REVOKE ALL ON ALL FUNCTIONS IN SCHEMA segue FROM PUBLIC;
GRANT EXECUTE ON FUNCTION segue.witness(text, text, text, text) TO PUBLIC;
GRANT EXECUTE ON FUNCTION segue.quarantine(text, text, text, jsonb, text, text) TO PUBLIC;
GRANT USAGE ON SCHEMA segue TO PUBLIC;
`,
  `
-- Several workers fill one table: a leaf is cut into parts, each of which one worker claims at a time.
ALTER TABLE segue.extent
  ADD part integer NOT NULL DEFAULT 0,
  ADD first_block bigint NOT NULL DEFAULT 0,
  -- The session behind a claim: owner is its name. The claim runs out after updated_at.
  ADD owner_pid integer,
  DROP CONSTRAINT extent_rollout_step_schema_name_table_name_key,
  ADD UNIQUE (rollout, step, schema_name, table_name, part);

/* The fence of a worker that has joined the rollout without its lease: nothing that it does may outlive the state, either.
   The runner may go on under the same epoch, to undo what the worker would do. */
CREATE FUNCTION segue.fence(rollout_id bigint, my_epoch bigint, my_state text) RETURNS void LANGUAGE plpgsql AS $fence$
BEGIN
  PERFORM FROM segue.rollout WHERE id = rollout_id AND epoch = my_epoch AND state = my_state FOR SHARE;
  IF NOT FOUND THEN
    RAISE EXCEPTION USING ERRCODE = 'SG001',
      MESSAGE = format('rollout %s was taken over, or is no longer %s: epoch %s has ended', rollout_id, my_state, my_epoch);
  END IF;
END
$fence$;

/* The fence of a batch: raises if its extent is not the worker's any more, and keeps it until this transaction ends. */
CREATE FUNCTION segue.hold(extent_id bigint, my_name text) RETURNS void LANGUAGE plpgsql AS $hold$
BEGIN
  PERFORM FROM segue.extent WHERE id = extent_id AND owner = my_name FOR NO KEY UPDATE;
  IF NOT FOUND THEN
    RAISE EXCEPTION USING ERRCODE = 'SG002', MESSAGE = format('extent %s is not the claim of %s any more', extent_id, my_name);
  END IF;
END
$hold$;
REVOKE ALL ON FUNCTION segue.fence(bigint, bigint, text), segue.hold(bigint, text) FROM PUBLIC;
`,
  `
-- What a fill has cost, over all its runs and workers: bytes of WAL, and how many of its rows were HOT updates.
ALTER TABLE segue.extent
  ADD wal_bytes bigint NOT NULL DEFAULT 0,
  ADD hot_rows bigint NOT NULL DEFAULT 0;
`,
  `
/* Runs one statement of a batch, with the caller's rights, and returns how many rows it changed. */
CREATE FUNCTION segue.changed(change text) RETURNS bigint LANGUAGE plpgsql AS $changed$
DECLARE
  rows bigint;
BEGIN
  EXECUTE change;
  GET DIAGNOSTICS rows = ROW_COUNT;
  RETURN rows;
END
$changed$;
REVOKE ALL ON FUNCTION segue.changed(text) FROM PUBLIC;
`,
];
