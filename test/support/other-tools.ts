/**
 * Databases and folders as six other tools leave them: two migrations were applied, a third was not. The tables are those
 * that each tool creates, with the rows that it writes.
 */
export interface OtherTool {
  readonly name: string;
  /** The tool's own table, as SQL names it. */
  readonly table: string;
  /** Creates that table, and applies the first two migrations. */
  readonly script: string;
  /** Below `db`. */
  readonly files: Readonly<Record<string, string>>;
  /** Ids of the two migrations that were applied. */
  readonly applied: readonly [string, string];
  readonly pending: string;
  /** How Segue tells the time, or null where the tool does not record it. */
  readonly at: string | null;
}

const UP = [
  "CREATE TABLE pets (id int PRIMARY KEY);",
  "ALTER TABLE pets ADD COLUMN name text;",
  "ALTER TABLE pets ADD COLUMN age int;",
] as const;
const DOWN = ["DROP TABLE pets;", "ALTER TABLE pets DROP COLUMN name;", "ALTER TABLE pets DROP COLUMN age;"] as const;
const APPLIED = `${UP[0]} ${UP[1]}`;
const SECOND = "2024-02-03 10:00:00Z";

const three = (text: (index: 0 | 1 | 2) => string): readonly [string, string, string] => [text(0), text(1), text(2)];
const [nodePg, dbmate, goose] = [
  three((n) => `-- Up Migration\n${UP[n]}\n\n-- Down Migration\n${DOWN[n]}\n`),
  three((n) => `-- migrate:up\n${UP[n]}\n\n-- migrate:down\n${DOWN[n]}\n`),
  three((n) => `-- +goose Up\n${UP[n]}\n\n-- +goose Down\n${DOWN[n]}\n`),
];

export const OTHER_TOOLS: readonly OtherTool[] = [
  {
    name: "node-pg-migrate",
    table: "public.pgmigrations",
    script: `${APPLIED}
      CREATE TABLE "public"."pgmigrations" (id SERIAL PRIMARY KEY, name varchar(255) NOT NULL, run_on timestamp NOT NULL);
      SET TimeZone = 'UTC';
      INSERT INTO pgmigrations (name, run_on) VALUES
        ('1706900000000_create-pets', '2024-02-02 10:00:00'), ('1706986400000_name', '2024-02-03 10:00:00.25');`,
    files: {
      "1706900000000_create-pets.sql": nodePg[0],
      "1706986400000_name.sql": nodePg[1],
      "1707072800000_age.sql": nodePg[2],
    },
    applied: ["1706900000000_create-pets", "1706986400000_name"],
    pending: "1707072800000_age",
    at: SECOND,
  },
  {
    name: "golang-migrate",
    table: "public.schema_migrations",
    script: `${APPLIED}
      CREATE TABLE IF NOT EXISTS "public"."schema_migrations" (version bigint not null primary key, dirty boolean not null);
      INSERT INTO "public"."schema_migrations" (version, dirty) VALUES (2, false);`,
    files: {
      "000001_create_pets.up.sql": `BEGIN;\n${UP[0]}\nCOMMIT;\n`,
      "000001_create_pets.down.sql": `BEGIN;\n${DOWN[0]}\nCOMMIT;\n`,
      "000002_name.up.sql": UP[1],
      "000002_name.down.sql": DOWN[1],
      "000003_age.up.sql": UP[2],
      "000003_age.down.sql": DOWN[2],
    },
    applied: ["000001_create_pets", "000002_name"],
    pending: "000003_age",
    at: null,
  },
  {
    name: "dbmate",
    table: "public.schema_migrations",
    script: `${APPLIED}
      create table if not exists public.schema_migrations (version varchar(255) primary key);
      insert into public.schema_migrations (version) values ('20240202100000'), ('20240203100000');`,
    files: {
      "20240202100000_create_pets.sql": dbmate[0],
      "20240203100000_name.sql": dbmate[1],
      "20240204100000_age.sql": dbmate[2],
    },
    applied: ["20240202100000_create_pets", "20240203100000_name"],
    pending: "20240204100000_age",
    at: null,
  },
  {
    name: "goose",
    table: "public.goose_db_version",
    // The third was applied and taken back; the second, too, and then applied again.
    script: `${APPLIED}
      CREATE TABLE goose_db_version (id serial NOT NULL, version_id bigint NOT NULL, is_applied boolean NOT NULL,
        tstamp timestamp NULL default now(), PRIMARY KEY(id));
      SET TimeZone = 'UTC';
      INSERT INTO goose_db_version (version_id, is_applied, tstamp) VALUES
        (0, true, '2024-02-01'), (1, true, '2024-02-02 10:00:00'), (2, true, '2024-02-02 11:00:00'), (3, true, '2024-02-02 11:00:00'),
        (3, false, '2024-02-02 12:00:00'), (2, false, '2024-02-02 12:00:00'), (2, true, '2024-02-03 10:00:00');`,
    files: { "00001_create_pets.sql": goose[0], "00002_name.sql": goose[1], "00003_age.sql": goose[2] },
    applied: ["00001_create_pets", "00002_name"],
    pending: "00003_age",
    at: SECOND,
  },
  {
    name: "supabase",
    table: "supabase_migrations.schema_migrations",
    script: `${APPLIED}
      CREATE SCHEMA auth; CREATE TABLE auth.schema_migrations (version varchar(255) PRIMARY KEY);
      CREATE SCHEMA IF NOT EXISTS supabase_migrations;
      CREATE TABLE IF NOT EXISTS supabase_migrations.schema_migrations (version text NOT NULL PRIMARY KEY);
      ALTER TABLE supabase_migrations.schema_migrations ADD COLUMN IF NOT EXISTS statements text[];
      ALTER TABLE supabase_migrations.schema_migrations ADD COLUMN IF NOT EXISTS name text;
      INSERT INTO supabase_migrations.schema_migrations (version, name, statements) VALUES
        ('20240202100000', 'create_pets', '{}'), ('20240203100000', 'name', '{}');`,
    files: {
      "20240202100000_create_pets.sql": UP[0],
      "20240202100000_create_pets.down.sql": DOWN[0],
      "20240203100000_name.sql": UP[1],
      "20240203100000_name.down.sql": DOWN[1],
      "20240204100000_age.sql": UP[2],
    },
    applied: ["20240202100000_create_pets", "20240203100000_name"],
    pending: "20240204100000_age",
    at: null,
  },
  {
    name: "prisma",
    table: "public._prisma_migrations",
    // The second failed once, was marked as rolled back, and went through.
    script: `${APPLIED}
      CREATE TABLE _prisma_migrations (id VARCHAR(36) PRIMARY KEY NOT NULL, checksum VARCHAR(64) NOT NULL,
        finished_at TIMESTAMPTZ, migration_name VARCHAR(255) NOT NULL, logs TEXT, rolled_back_at TIMESTAMPTZ,
        started_at TIMESTAMPTZ NOT NULL DEFAULT now(), applied_steps_count INTEGER NOT NULL DEFAULT 0);
      INSERT INTO _prisma_migrations (id, checksum, migration_name, started_at, finished_at, rolled_back_at) VALUES
        ('a', 'x', '20240202100000_init', '2024-02-02 10:00Z', '2024-02-02 10:00Z', NULL),
        ('b', 'x', '20240203100000_name', '2024-02-03 08:00Z', NULL, '2024-02-03 09:00Z'),
        ('c', 'x', '20240203100000_name', '2024-02-03 10:00Z', '2024-02-03 10:00Z', NULL);`,
    files: {
      "migration_lock.toml": 'provider = "postgresql"\n',
      "20240202100000_init/migration.sql": `-- CreateTable\n${UP[0]}\n`,
      "20240202100000_init/down.sql": DOWN[0],
      "20240203100000_name/migration.sql": UP[1],
      "20240203100000_name/down.sql": DOWN[1],
      "20240204100000_age/migration.sql": UP[2],
    },
    applied: ["20240202100000_init", "20240203100000_name"],
    pending: "20240204100000_age",
    at: SECOND,
  },
];

/** One of them by its name. */
export function otherTool(name: string): OtherTool {
  const found = OTHER_TOOLS.find((tool) => tool.name === name);
  if (found === undefined) throw new Error(`no tool ${name}`);
  return found;
}
