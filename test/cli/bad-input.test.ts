import { describe, expect, test } from "vitest";
import { testDatabase } from "../support/postgres.ts";
import { RENAME, RENAME_FILE, USERS } from "./plans.ts";
import { objects, project, type ProjectFiles, segue } from "./segue.ts";

interface Case extends ProjectFiles {
  readonly title: string;
  readonly args: readonly string[];
  /** SQL that fills the database; without it there is none. */
  readonly database?: string;
  /** A command that is run first. */
  readonly before?: readonly string[];
  readonly code: number;
  /** Exactly what stands on stderr, below the line that names the connection. */
  readonly says: readonly string[];
}

const CASES: readonly Case[] = [
  {
    title: "an unknown command that is near one",
    args: ["statsu"],
    code: 64,
    says: [
      "Usage: there is no command `statsu`; did you mean `status`?",
      "Next: segue --help",
      "SEG0502: the command line is not valid (docs/errors/SEG0502.md)",
    ],
  },
  {
    title: "an unknown command",
    args: ["frobnicate"],
    code: 64,
    says: [
      "Usage: there is no command `frobnicate`.",
      "Next: segue --help",
      "SEG0502: the command line is not valid (docs/errors/SEG0502.md)",
    ],
  },
  {
    title: "an unknown flag that is near one",
    args: ["status", "--jsn"],
    code: 64,
    says: [
      "Usage: there is no flag `--jsn`; did you mean `--json`?",
      "Next: segue status --help",
      "SEG0502: the command line is not valid (docs/errors/SEG0502.md)",
    ],
  },
  {
    title: "an unknown flag",
    args: ["--frob", "status"],
    code: 64,
    says: [
      "Usage: there is no flag `--frob`.",
      "Next: segue status --help",
      "SEG0502: the command line is not valid (docs/errors/SEG0502.md)",
    ],
  },
  {
    title: "a plan that is not named",
    args: ["expand"],
    code: 64,
    says: [
      "Usage: <plan> is missing.",
      "Next: segue expand --help",
      "SEG0502: the command line is not valid (docs/errors/SEG0502.md)",
    ],
  },
  {
    title: "two plans where one is taken",
    args: ["expand", "a", "b"],
    code: 64,
    says: [
      "Usage: `expand` takes 1 at most, and 2 were given.",
      "Next: segue expand --help",
      "SEG0502: the command line is not valid (docs/errors/SEG0502.md)",
    ],
  },
  {
    title: "a flag without its value",
    args: ["status", "--url"],
    code: 64,
    says: [
      "Usage: `--url` needs a value.",
      "Next: segue status --help",
      "SEG0502: the command line is not valid (docs/errors/SEG0502.md)",
    ],
  },
  {
    title: "a duration without a unit",
    args: ["status", "--lock-timeout", "5"],
    code: 64,
    says: [
      "Usage: `--lock-timeout` can't be `5`: a duration is a whole number with a unit: `250ms`, `5s`, `10m`, `24h`, `7d`.",
      "Next: segue status --help",
      "SEG0502: the command line is not valid (docs/errors/SEG0502.md)",
    ],
  },
  {
    title: "a lock timeout that would wait forever",
    args: ["status", "--lock-timeout", "0s"],
    code: 64,
    says: [
      "Usage: `--lock-timeout` can't be `0s`: a lock timeout lies between 1ms and 24d.",
      "Next: segue status --help",
      "SEG0502: the command line is not valid (docs/errors/SEG0502.md)",
    ],
  },
  {
    title: "a lock budget that no setting can hold",
    args: ["status", "--lock-budget", "30d"],
    code: 64,
    says: [
      "Usage: `--lock-budget` can't be `30d`: a lock timeout lies between 1ms and 24d.",
      "Next: segue status --help",
      "SEG0502: the command line is not valid (docs/errors/SEG0502.md)",
    ],
  },
  {
    title: "a state that can't be waited for",
    args: ["status", "--wait", "--for", "happy"],
    code: 64,
    says: [
      "Usage: `--for` can't be `happy`; it is one of expanded, ready, contractable, soaking, completed, reversed.",
      "Next: segue status --help",
      "SEG0502: the command line is not valid (docs/errors/SEG0502.md)",
    ],
  },
  {
    title: "a time to wait that is no duration",
    args: ["status", "--wait", "--timeout", "soon"],
    code: 64,
    says: [
      "Usage: `--timeout` can't be `soon`: a duration is a whole number with a unit: `250ms`, `5s`, `10m`, `24h`, `7d`.",
      "Next: segue status --help",
      "SEG0502: the command line is not valid (docs/errors/SEG0502.md)",
    ],
  },
  {
    title: "watching and waiting at once",
    args: ["status", "--watch", "--wait"],
    code: 64,
    says: [
      "Usage: `--watch` and `--wait` exclude each other.",
      "Next: segue status --help",
      "SEG0502: the command line is not valid (docs/errors/SEG0502.md)",
    ],
  },
  {
    title: "two forms of a plan at once",
    args: ["plan", "a", "--sql", "--explain"],
    code: 64,
    says: [
      "Usage: `--explain` and `--sql` exclude each other.",
      "Next: segue plan --help",
      "SEG0502: the command line is not valid (docs/errors/SEG0502.md)",
    ],
  },
  {
    title: "two answers to one question",
    args: ["resume", "--rerun", "--skip"],
    code: 64,
    says: [
      "Usage: `--rerun` and `--skip` exclude each other.",
      "Next: segue resume --help",
      "SEG0502: the command line is not valid (docs/errors/SEG0502.md)",
    ],
  },
  {
    title: "a state that up does not go to",
    args: ["up", "--to", "contracted"],
    code: 64,
    says: [
      "Usage: `--to` can't be `contracted`; it is one of ready, expanded.",
      "Next: segue up --help",
      "SEG0502: the command line is not valid (docs/errors/SEG0502.md)",
    ],
  },
  {
    title: "a state that reverse does not go to",
    args: ["reverse", "a", "--to", "expanded"],
    code: 64,
    says: [
      "Usage: `--to` can't be `expanded`; it is one of ready.",
      "Next: segue reverse --help",
      "SEG0502: the command line is not valid (docs/errors/SEG0502.md)",
    ],
  },
  {
    title: "an approval by nobody",
    args: ["approve", "a"],
    code: 64,
    says: [
      "Usage: `--as <label>` is missing.",
      "Next: segue approve --help",
      "SEG0502: the command line is not valid (docs/errors/SEG0502.md)",
    ],
  },
  {
    title: "a demo of a number that is none",
    args: ["demo", "--rows", "many"],
    code: 64,
    says: [
      "Usage: `--rows` can't be `many`: a number of rows is expected, from 1 to 99999999.",
      "Next: segue demo --help",
      "SEG0502: the command line is not valid (docs/errors/SEG0502.md)",
    ],
  },
  {
    title: "help on an unknown command",
    args: ["help", "frobnicate"],
    code: 64,
    says: [
      "Usage: there is no command `frobnicate`.",
      "Next: segue --help",
      "SEG0502: the command line is not valid (docs/errors/SEG0502.md)",
    ],
  },
  {
    title: "a new plan of nothing",
    args: ["new"],
    code: 64,
    says: [
      "Usage: <operation> is missing.",
      "Next: segue new --help",
      "SEG0502: the command line is not valid (docs/errors/SEG0502.md)",
    ],
  },
  {
    title: "a new plan of an unknown operation",
    args: ["new", "rename_colum", "users", "a", "b"],
    code: 64,
    says: [
      "Usage: there is no operation `rename_colum`; did you mean `rename_column`?",
      "Next: segue new --help",
      "SEG0502: the command line is not valid (docs/errors/SEG0502.md)",
    ],
  },
  {
    title: "a new plan with too many words",
    args: ["new", "rename_column", "users", "a", "b", "c"],
    code: 64,
    says: [
      "Usage: `rename_column` takes <table> <from> <to>, and 4 were given.",
      "Next: Put an argument that holds a blank in quotes.",
      "SEG0502: the command line is not valid (docs/errors/SEG0502.md)",
    ],
  },
  {
    title: "a new plan whose expression is no SQL",
    args: ["new", "add_check", "users", "age >"],
    code: 3,
    says: [
      "Refused: these arguments make no valid `add_check`. Nothing changed.",
      "plans/<now>_add_check_users.yaml:6:19: `check`: syntax error at end of input",
      "          check: age >",
      "                      ^",
      "SEG0001: the plan file is not valid (docs/errors/SEG0001.md)",
    ],
  },
  {
    title: "a new plan with a name that is too long",
    args: ["new", "add_column", "users", "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx", "text"],
    code: 3,
    says: [
      "Refused: these arguments make no valid `add_column`. Nothing changed.",
      "plans/<now>_add_users_xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx.yaml:6:15: `column`: a name can't be over 63 bytes: PostgreSQL would cut it",
      "          column: xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx",
      "                  ^",
      "SEG0001: the plan file is not valid (docs/errors/SEG0001.md)",
    ],
  },
  {
    title: "a configuration file that is not there",
    args: ["check", "--config", "nowhere.yaml"],
    code: 3,
    says: [
      "Refused: there is no file nowhere.yaml. Nothing changed.",
      "Next: Give the path of a segue.yaml with --config, or make one with `segue init --config nowhere.yaml`.",
      "SEG0501: the configuration is not valid (docs/errors/SEG0501.md)",
    ],
  },
  {
    title: "an environment without a configuration",
    args: ["check", "--env", "production"],
    code: 3,
    says: [
      "Refused: the environment `production` is unknown: there is no segue.yaml that could describe it. Nothing changed.",
      "SEG0501: the configuration is not valid (docs/errors/SEG0501.md)",
    ],
  },
  {
    title: "an environment that the configuration lacks",
    args: ["check", "--env", "prodution"],
    files: { "segue.yaml": "environments:\n  production: {}\n" },
    code: 3,
    says: [
      "Refused: the environment `prodution` is unknown: segue.yaml does not describe it; did you mean `production`? Nothing changed.",
      "SEG0501: the configuration is not valid (docs/errors/SEG0501.md)",
    ],
  },
  {
    title: "an unknown key of the configuration",
    args: ["check"],
    files: { "segue.yaml": "plan: plans\n" },
    code: 3,
    says: [
      "Refused: segue.yaml is not valid. Nothing changed.",
      "segue.yaml:1:1: segue.yaml has no key `plan`; did you mean `plans`?",
      "    plan: plans",
      "    ^",
      "SEG0501: the configuration is not valid (docs/errors/SEG0501.md)",
    ],
  },
  {
    title: "a URL in the configuration, without telling its password",
    args: ["check"],
    files: { "segue.yaml": "database:\n  url: postgres://app:hunter2@db/app\n" },
    code: 3,
    says: [
      "Refused: segue.yaml is not valid. Nothing changed.",
      "segue.yaml:2:8: `url`: a URL holds a password, and this file is shared; name an environment variable with `url_env`",
      "      url: postgres://app:***@db/app",
      "           ^",
      "SEG0501: the configuration is not valid (docs/errors/SEG0501.md)",
    ],
  },
  {
    title: "a duration as a bare number",
    args: ["check"],
    files: { "segue.yaml": "settings:\n  lock: { timeout: 500 }\n" },
    code: 3,
    says: [
      "Refused: segue.yaml is not valid. Nothing changed.",
      "segue.yaml:2:20: `timeout` can't be the number 500: a duration is a whole number with a unit: `250ms`, `5s`, `10m`, `24h`, `7d`",
      "      lock: { timeout: 500 }",
      "                       ^",
      "SEG0501: the configuration is not valid (docs/errors/SEG0501.md)",
    ],
  },
  {
    title: "a configuration that is no YAML",
    args: ["check"],
    files: { "segue.yaml": "plans: [a\n" },
    code: 3,
    says: [
      "Refused: segue.yaml is not valid. Nothing changed.",
      "segue.yaml:1:8: a `[` is not closed by `]`",
      "    plans: [a",
      "           ^",
      "SEG0501: the configuration is not valid (docs/errors/SEG0501.md)",
    ],
  },
  {
    title: "no database at all",
    args: ["status"],
    code: 3,
    says: [
      "Refused: no database is named. Nothing changed.",
      "Next: Give --url, or set DATABASE_URL (in the environment or in .env).",
      "SEG0504: no database is named (docs/errors/SEG0504.md)",
    ],
  },
  {
    title: "a URL of another kind",
    args: ["status"],
    env: { DATABASE_URL: "mysql://localhost/app" },
    code: 3,
    says: [
      "Refused: DATABASE_URL is not a URL of a database; it begins with postgres:// or postgresql://. Nothing changed.",
      "SEG0501: the configuration is not valid (docs/errors/SEG0501.md)",
    ],
  },
  {
    title: "a list of hosts",
    args: ["status"],
    env: { DATABASE_URL: "postgres://a,b/app" },
    code: 3,
    says: [
      "Refused: DATABASE_URL names several hosts; name one, the primary. Nothing changed.",
      "SEG0501: the configuration is not valid (docs/errors/SEG0501.md)",
    ],
  },
  {
    title: "an unknown parameter of a URL",
    args: ["status"],
    env: { DATABASE_URL: "postgres://localhost/app?sslmod=require" },
    code: 3,
    says: [
      "Refused: DATABASE_URL: there is no parameter `sslmod`; did you mean `sslmode`? Nothing changed.",
      "SEG0501: the configuration is not valid (docs/errors/SEG0501.md)",
    ],
  },
  {
    title: "an sslmode that there is not",
    args: ["status"],
    env: { DATABASE_URL: "postgres://localhost/app?sslmode=maybe" },
    code: 3,
    says: [
      "Refused: there is no sslmode `maybe`; it is one of `disable`, `allow`, `prefer`, `require`, `verify-ca`, `verify-full`. Nothing changed.",
      "SEG0501: the configuration is not valid (docs/errors/SEG0501.md)",
    ],
  },
  {
    title: "a port that is none",
    args: ["status"],
    env: { PGHOST: "localhost", PGPORT: "many" },
    code: 3,
    says: [
      'Refused: a port is a number from 1 to 65535, not "many". Nothing changed.',
      "SEG0501: the configuration is not valid (docs/errors/SEG0501.md)",
    ],
  },
  {
    title: "a service file",
    args: ["status"],
    env: { PGSERVICE: "app" },
    code: 3,
    says: [
      "Refused: PGSERVICE is set, and is not supported. Nothing changed.",
      "Next: Unset it, and name the database with --url or DATABASE_URL.",
      "SEG0501: the configuration is not valid (docs/errors/SEG0501.md)",
    ],
  },
  {
    title: "the variable of an environment that is not set",
    args: ["status", "--env", "production"],
    files: { "segue.yaml": "environments:\n  production: { database: { url_env: PROD_URL } }\n" },
    code: 3,
    says: [
      "Refused: the environment `production` names the variable PROD_URL for the database, and it is not set. Nothing changed.",
      "Next: Set PROD_URL, or give --url.",
      "SEG0501: the configuration is not valid (docs/errors/SEG0501.md)",
    ],
  },
  {
    title: "a server that does not answer",
    args: ["status", "--url", "postgres://app:hunter2@127.0.0.1:1/app"],
    code: 1,
    says: [
      'Failed: Can\'t connect to database "app" on 127.0.0.1:1 as "app": connect ECONNREFUSED 127.0.0.1:1.',
      "  address and password are from --url",
      "Next: segue doctor --url …",
      "SEG0201: the database can't be reached (docs/errors/SEG0201.md)",
    ],
  },
  {
    title: "a doctor that can't reach its patient",
    args: ["doctor", "--url", "postgres://app:hunter2@127.0.0.1:1/app"],
    code: 1,
    says: [
      'Failed: Can\'t connect to database "app" on 127.0.0.1:1 as "app": connect ECONNREFUSED 127.0.0.1:1.',
      "  address and password are from --url",
      "Next: is the server up, is that its address, and does a firewall or pg_hba.conf let this host in?",
      "SEG0201: the database can't be reached (docs/errors/SEG0201.md)",
    ],
  },
  {
    title: "a folder of plans that is not there",
    args: ["check"],
    code: 3,
    says: [
      "Refused: the folder of plans can't be read: plans. Nothing changed.",
      "Next: Run `segue init` to make it, or name another in segue.yaml (`plans: <folder>`).",
      "SEG0005: the plan file can't be read (docs/errors/SEG0005.md)",
    ],
  },
  {
    title: "a plan that is not there",
    args: ["plan", "rename_usernam"],
    files: { [RENAME_FILE]: RENAME },
    code: 3,
    says: [
      "Refused: there is no plan `rename_usernam`; did you mean `rename_username`? Nothing changed.",
      "Next: `segue status` lists all plans.",
      "SEG0002: the plan was not found (docs/errors/SEG0002.md)",
    ],
  },
  {
    title: "a plan where there are none",
    args: ["expand", "a"],
    files: { "plans/README.md": "" },
    code: 3,
    says: [
      "Refused: there is no plan `a`: the folder of plans is empty. Nothing changed.",
      "Next: Write one, or make it with `segue new`.",
      "SEG0002: the plan was not found (docs/errors/SEG0002.md)",
    ],
  },
  {
    title: "a word that fits two plans",
    args: ["plan", "a"],
    files: { "plans/1_a.yaml": RENAME, "plans/2_a.yaml": RENAME },
    code: 3,
    says: [
      "Refused: `a` fits 2 plans. Nothing changed.",
      "plans/1_a.yaml:1:1: 1_a",
      "plans/2_a.yaml:1:1: 2_a",
      "Next: Give the plan's id.",
      "SEG0002: the plan was not found (docs/errors/SEG0002.md)",
    ],
  },
  {
    title: "an unknown operation",
    args: ["check"],
    files: { "plans/1_a.yaml": "operations:\n  - rename_colum: { table: users }\n" },
    code: 3,
    says: [
      "Refused: 1 plan is not valid: 1 problem. Nothing changed.",
      "plans/1_a.yaml:2:5: there is no operation `rename_colum`; did you mean `rename_column`?",
      "      - rename_colum: { table: users }",
      "        ^",
      "SEG0001: the plan file is not valid (docs/errors/SEG0001.md)",
    ],
  },
  {
    title: "an unknown field and a missing one",
    args: ["check"],
    files: { "plans/1_a.yaml": "operations:\n  - rename_column: { table: users, from: a, into: b }\n" },
    code: 3,
    says: [
      "Refused: 1 plan is not valid: 2 problems. Nothing changed.",
      "plans/1_a.yaml:2:20: `to` is missing: a column, by its name in the catalog, literally",
      "      - rename_column: { table: users, from: a, into: b }",
      "                       ^",
      "plans/1_a.yaml:2:45: `rename_column` has no key `into`; it also takes `to`",
      "      - rename_column: { table: users, from: a, into: b }",
      "                                                ^",
      "SEG0001: the plan file is not valid (docs/errors/SEG0001.md)",
    ],
  },
  {
    title: "an expression with a syntax error, at its place",
    args: ["check"],
    files: { "plans/1_a.yaml": "operations:\n  - set_not_null: { table: users, column: a, fill: lower(email }\n" },
    code: 3,
    says: [
      "Refused: 1 plan is not valid: 1 problem. Nothing changed.",
      "plans/1_a.yaml:2:63: `fill`: syntax error at end of input",
      "      - set_not_null: { table: users, column: a, fill: lower(email }",
      "                                                                  ^",
      "SEG0001: the plan file is not valid (docs/errors/SEG0001.md)",
    ],
  },
  {
    title: "a plan that does nothing",
    args: ["check"],
    files: { "plans/1_a.yaml": "description: nothing\n" },
    code: 3,
    says: [
      "Refused: 1 plan is not valid: 1 problem. Nothing changed.",
      "plans/1_a.yaml:1:1: the plan does nothing; give it `operations`, or steps under `expand`, `backfill` or `contract`",
      "    description: nothing",
      "    ^",
      "SEG0001: the plan file is not valid (docs/errors/SEG0001.md)",
    ],
  },
  {
    title: "a plan that is empty",
    args: ["check"],
    files: { "plans/1_a.yaml": "" },
    code: 3,
    says: [
      "Refused: 1 plan is not valid: 1 problem. Nothing changed.",
      "plans/1_a.yaml:1:1: the file is empty; a plan is a mapping",
      "SEG0001: the plan file is not valid (docs/errors/SEG0001.md)",
    ],
  },
  {
    title: "a key that stands twice",
    args: ["check"],
    files: { "plans/1_a.yaml": "description: a\ndescription: b\n" },
    code: 3,
    says: [
      "Refused: 1 plan is not valid: 1 problem. Nothing changed.",
      "plans/1_a.yaml:2:1: `description` stands twice in this mapping; first on line 1",
      "    description: b",
      "    ^",
      "SEG0001: the plan file is not valid (docs/errors/SEG0001.md)",
    ],
  },
  {
    title: "a plan's file without a version",
    args: ["check"],
    files: { "plans/rename.yaml": RENAME },
    code: 3,
    says: [
      "Refused: 1 plan is not valid: 1 problem. Nothing changed.",
      "plans/rename.yaml:1:1: a plan's file is named <version>_<name>.yaml with digits for the version, like <now>_add_email.yaml; not `rename.yaml`",
      "SEG0001: the plan file is not valid (docs/errors/SEG0001.md)",
    ],
  },
  {
    title: "plans that require each other",
    args: ["check"],
    files: {
      "plans/1_a.yaml": `requires: [2_b]
${RENAME}`,
      "plans/2_b.yaml": "requires: [1_a]\noperations:\n  - drop_column: { table: t, column: c }\n",
    },
    code: 3,
    says: [
      "Refused: The plans contradict each other. Nothing changed.",
      "plans/1_a.yaml:1:12: these plans require each other in a circle: 1_a → 2_b → 1_a",
      "    requires: [2_b]",
      "               ^",
      "SEG0003: the plans contradict each other (docs/errors/SEG0003.md)",
    ],
  },
  {
    title: "a requirement that no plan meets",
    args: ["check"],
    files: {
      "plans/2_b.yaml": `requires: [1_a]
${RENAME}`,
    },
    code: 3,
    says: [
      "Refused: The plans contradict each other. Nothing changed.",
      "plans/2_b.yaml:1:12: there is no plan `1_a`",
      "    requires: [1_a]",
      "               ^",
      "SEG0003: the plans contradict each other (docs/errors/SEG0003.md)",
    ],
  },
  {
    title: "two plans of one version",
    args: ["check"],
    files: {
      "plans/1_a.yaml": "operations:\n  - drop_column: { table: t, column: c }\n",
      "plans/1_b.yaml": "operations:\n  - drop_column: { table: t, column: d }\n",
    },
    code: 3,
    says: [
      "Refused: The plans contradict each other. Nothing changed.",
      "plans/1_b.yaml:1:1: the version 1 is also that of `1_a`; give one of them another",
      "    operations:",
      "    ^",
      "SEG0003: the plans contradict each other (docs/errors/SEG0003.md)",
    ],
  },
  {
    title: "two plans that drop the same column",
    args: ["check"],
    files: {
      "plans/1_a.yaml": "operations:\n  - drop_column: { table: t, column: c }\n",
      "plans/2_b.yaml": "operations:\n  - drop_column: { table: t, column: c }\n",
    },
    code: 3,
    says: [
      "Refused: The plans contradict each other. Nothing changed.",
      "plans/2_b.yaml:2:18: column public.t.c is removed here, but `1_a` already removed it (plans/1_a.yaml:2)",
      "      - drop_column: { table: t, column: c }",
      "                     ^",
      "SEG0003: the plans contradict each other (docs/errors/SEG0003.md)",
    ],
  },
  {
    title: "a table that is not there",
    args: ["plan", "a"],
    files: { "plans/1_a.yaml": "operations:\n  - drop_column: { table: user, column: username }\n" },
    database: USERS,
    code: 3,
    says: [
      "Refused: table public.user does not exist. Nothing changed.",
      "plans/1_a.yaml:2:5",
      "      - drop_column: { table: user, column: username }",
      "        ^",
      "SEG0101: the plan does not fit the database (docs/errors/SEG0101.md)",
    ],
  },
  {
    title: "a column that is not there",
    args: ["expand", "a"],
    files: { "plans/1_a.yaml": "operations:\n  - drop_column: { table: users, column: usernam }\n" },
    database: USERS,
    code: 3,
    says: [
      "Refused: column public.users.usernam does not exist; the table has id, username. Nothing changed.",
      "plans/1_a.yaml:2:5",
      "      - drop_column: { table: users, column: usernam }",
      "        ^",
      "SEG0101: the plan does not fit the database (docs/errors/SEG0101.md)",
    ],
  },
  {
    title: "a type that is not there",
    args: ["expand", "a"],
    files: { "plans/1_a.yaml": "operations:\n  - add_column: { table: users, column: email, type: citex }\n" },
    database: USERS,
    code: 3,
    says: [
      'Refused: public.users.email: type "citex" does not exist. Nothing changed.',
      "plans/1_a.yaml:2:5",
      "      - add_column: { table: users, column: email, type: citex }",
      "        ^",
      "SEG0101: the plan does not fit the database (docs/errors/SEG0101.md)",
    ],
  },
  {
    title: "a plan before the one that it requires",
    args: ["expand", "b"],
    files: {
      "plans/1_a.yaml": "operations:\n  - add_column: { table: users, column: email, type: text }\n",
      "plans/2_b.yaml": `requires: [1_a]
${RENAME}`,
    },
    database: USERS,
    code: 3,
    says: [
      "Refused: 2_b requires other plans first. Nothing changed.",
      "  1_a must be completed; it is not started",
      "Next: segue up 1_a, and after the deploy segue contract 1_a",
      "SEG0104: a required plan is not complete (docs/errors/SEG0104.md)",
    ],
  },
  {
    title: "a column that a materialized view names",
    args: ["expand", "rename_username", "--env", "test"],
    files: { "segue.yaml": "environments: { test: {} }\n", [RENAME_FILE]: RENAME },
    database: `${USERS} create materialized view names as select username from users`,
    code: 3,
    says: [
      "Refused: public.users.username can't be replaced: this hangs on it and can't be carried over. Nothing changed.",
      "plans/20261122101500_rename_username.yaml:3:5",
      "      - rename_column: { table: users, from: username, to: handle }",
      "        ^",
      "  materialized view public.names names the column",
      "Next: drop or change them in an earlier plan, and create them again in a later one",
      "SEG0102: something hangs on the column that can't be carried (docs/errors/SEG0102.md)",
    ],
  },
  {
    title: "a table that is renamed into another schema",
    args: ["expand", "a"],
    files: { "plans/1_a.yaml": "operations:\n  - rename_table: { from: users, to: sales.users }\n" },
    database: USERS,
    code: 3,
    says: [
      "Refused: public.users can't become sales.users: a table is renamed within its schema. Nothing changed.",
      "plans/1_a.yaml:2:5",
      "      - rename_table: { from: users, to: sales.users }",
      "        ^",
      "SEG0103: this kind of table or column is not supported (docs/errors/SEG0103.md)",
    ],
  },
  {
    title: "a table that is renamed and changed in one plan",
    args: ["expand", "a"],
    files: {
      "plans/1_a.yaml": `operations:
  - rename_table: { from: users, to: accounts }
  - add_column: { table: accounts, column: email, type: text }
`,
    },
    database: USERS,
    code: 3,
    says: [
      "Refused: public.accounts is a view, not a table. Nothing changed.",
      "plans/1_a.yaml:3:5",
      "      - add_column: { table: accounts, column: email, type: text }",
      "        ^",
      "SEG0103: this kind of table or column is not supported (docs/errors/SEG0103.md)",
    ],
  },
  {
    title: "a column of a table that an earlier plan renames",
    args: ["check"],
    files: {
      "plans/1_a.yaml": "operations:\n  - rename_table: { from: users, to: accounts }\n",
      "plans/2_b.yaml": "operations:\n  - drop_column: { table: users, column: age }\n",
    },
    code: 3,
    says: [
      "Refused: The plans contradict each other in 2 ways. Nothing changed.",
      "plans/2_b.yaml:2:18: table public.users is used here, but `1_a` removed it (plans/1_a.yaml:2)",
      "      - drop_column: { table: users, column: age }",
      "                     ^",
      "plans/2_b.yaml:2:18: column public.users.age is removed here, but `1_a` already removed table public.users (plans/1_a.yaml:2)",
      "      - drop_column: { table: users, column: age }",
      "                     ^",
      "SEG0003: the plans contradict each other (docs/errors/SEG0003.md)",
    ],
  },
  {
    title: "a drop of a table that others need",
    args: ["expand", "a"],
    files: { "plans/1_a.yaml": "operations:\n  - drop_table: { table: users }\n" },
    database: `${USERS} create view names as select username from users; create table visits (user_id bigint, who users);`,
    code: 3,
    says: [
      "Refused: public.users can't be dropped: these 2 need it. Nothing changed.",
      "plans/1_a.yaml:2:5",
      "      - drop_table: { table: users }",
      "        ^",
      "  table column public.visits.who",
      "  view public.names",
      "Next: change or drop these first, in an earlier plan; name what is harmless in settings.ignore_dependents",
      "SEG0102: something hangs on the column that can't be carried (docs/errors/SEG0102.md)",
    ],
  },
  {
    title: "a history without a journal",
    args: ["history"],
    database: USERS,
    code: 3,
    says: [
      "Refused: this database has no journal (schema segue). Nothing changed.",
      "Next: segue init",
      "SEG0206: the journal is missing (docs/errors/SEG0206.md)",
    ],
  },
  {
    title: "a backfill before anything ran",
    args: ["backfill", "rename_username"],
    files: { [RENAME_FILE]: RENAME },
    database: USERS,
    code: 3,
    says: [
      "Refused: this database has no journal (schema segue). Nothing changed.",
      "Next: segue init",
      "SEG0206: the journal is missing (docs/errors/SEG0206.md)",
    ],
  },
  {
    title: "a backfill before expand",
    args: ["backfill", "rename_username"],
    files: { [RENAME_FILE]: RENAME },
    database: USERS,
    before: ["init"],
    code: 3,
    says: [
      "Refused: 20261122101500_rename_username was never expanded. Nothing changed.",
      "Next: segue expand 20261122101500_rename_username",
      "SEG0302: the rollout is not in a state for this (docs/errors/SEG0302.md)",
    ],
  },
  {
    title: "a contract before expand",
    args: ["contract", "rename_username"],
    files: { [RENAME_FILE]: RENAME },
    database: USERS,
    before: ["init"],
    code: 3,
    says: [
      "Refused: 20261122101500_rename_username was never expanded. Nothing changed.",
      "Next: segue expand 20261122101500_rename_username",
      "SEG0302: the rollout is not in a state for this (docs/errors/SEG0302.md)",
    ],
  },
  {
    title: "a reversal of what never ran",
    args: ["reverse", "rename_username"],
    files: { [RENAME_FILE]: RENAME },
    database: USERS,
    before: ["init"],
    code: 3,
    says: [
      "Refused: 20261122101500_rename_username was never expanded. Nothing changed.",
      "Next: segue expand 20261122101500_rename_username",
      "SEG0302: the rollout is not in a state for this (docs/errors/SEG0302.md)",
    ],
  },
  {
    title: "a pause of what never ran",
    args: ["pause", "rename_username"],
    files: { [RENAME_FILE]: RENAME },
    database: USERS,
    before: ["init"],
    code: 3,
    says: [
      "Refused: rename_username was never expanded. Nothing changed.",
      "SEG0302: the rollout is not in a state for this (docs/errors/SEG0302.md)",
    ],
  },
  {
    title: "a pause of a plan that nobody knows",
    args: ["pause", "nothing"],
    files: { [RENAME_FILE]: RENAME },
    database: USERS,
    before: ["init"],
    code: 3,
    says: [
      "Refused: there is no plan `nothing`. Nothing changed.",
      "Next: `segue status` lists all plans.",
      "SEG0002: the plan was not found (docs/errors/SEG0002.md)",
    ],
  },
  {
    title: "a cancellation that nobody would hear",
    args: ["cancel", "rename_username"],
    files: { [RENAME_FILE]: RENAME },
    database: USERS,
    before: ["expand", "rename_username"],
    code: 3,
    says: [
      "Refused: nobody runs 20261122101500_rename_username: there is nothing to cancel. Nothing changed.",
      "Next: segue reverse 20261122101500_rename_username takes it back",
      "SEG0302: the rollout is not in a state for this (docs/errors/SEG0302.md)",
    ],
  },
  {
    title: "a contract before the backfill",
    args: ["contract", "rename_username"],
    files: { [RENAME_FILE]: RENAME },
    database: USERS,
    before: ["expand", "rename_username"],
    code: 3,
    says: [
      "Refused: 20261122101500_rename_username is expanded: it must be ready before it contracts. Nothing changed.",
      "Next: segue backfill 20261122101500_rename_username",
      "SEG0302: the rollout is not in a state for this (docs/errors/SEG0302.md)",
    ],
  },
  {
    title: "a verification of what is not in flight",
    args: ["verify", "rename_username"],
    files: { [RENAME_FILE]: RENAME },
    database: USERS,
    before: ["init"],
    code: 3,
    says: [
      "Refused: 20261122101500_rename_username was never expanded. Nothing changed.",
      "Next: segue expand 20261122101500_rename_username",
      "SEG0302: the rollout is not in a state for this (docs/errors/SEG0302.md)",
    ],
  },
  {
    title: "a second plan on a column that is in flight",
    args: ["expand", "b"],
    files: {
      [RENAME_FILE]: RENAME,
      "plans/30000101000000_b.yaml": "operations:\n  - set_not_null: { table: users, column: username }\n",
    },
    database: USERS,
    before: ["expand", "rename_username"],
    code: 3,
    says: [
      "Refused: the rollout of 20261122101500_rename_username (expanded) works on public.users.username too. Nothing changed.",
      "Next: finish or reverse 20261122101500_rename_username first",
      "SEG0105: another rollout works on the same column (docs/errors/SEG0105.md)",
    ],
  },
  {
    title: "a password that is wrong",
    args: ["status", "--url", "postgres://nobody:hunter2@<server>/<database>"],
    database: "select",
    code: 1,
    says: [
      'Failed: Can\'t connect to database "<database>" on <server> as "nobody": password authentication failed for user "nobody".',
      "  address and password are from --url",
      "Next: give the password of that role.",
      "SEG0201: the database can't be reached (docs/errors/SEG0201.md)",
    ],
  },
  {
    title: "a password that is not given",
    args: ["doctor", "--url", "postgres://nobody@<server>/<database>"],
    database: "select",
    code: 1,
    says: [
      'Failed: Can\'t connect to database "<database>" on <server> as "nobody": the server asks for a password, and none is given.',
      "  the address is from --url; there is no password in it, in PGPASSWORD or in .pgpass",
      "Next: give it in PGPASSWORD or in .pgpass.",
      "SEG0201: the database can't be reached (docs/errors/SEG0201.md)",
    ],
  },
  {
    title: "a database that there is not",
    args: ["status"],
    database: "select",
    env: { SEGUE_DATABASE_URL: "<url>_x" },
    code: 1,
    says: [
      'Failed: Can\'t connect to database "<database>_x" on <server> as "postgres": database "<database>_x" does not exist.',
      "  address and password are from SEGUE_DATABASE_URL",
      "Next: name a database that exists in SEGUE_DATABASE_URL, or create it.",
      "SEG0201: the database can't be reached (docs/errors/SEG0201.md)",
    ],
  },
];

describe("what is wrong is told, with the exit code for it", () => {
  test.each(CASES)("$title", async ({ args, database, before, files = {}, env = {}, code, says }) => {
    const { name = "", url } = database === undefined ? {} : await testDatabase({ script: database });
    const server = url === undefined ? "" : new URL(url).host;
    const fill = (text: string): string =>
      text
        .replaceAll("<server>", server)
        .replaceAll("<database>", name)
        .replace("<url>", url ?? "");
    const filled = Object.fromEntries(Object.entries(env).map(([variable, value]) => [variable, fill(value)]));
    const where = project({ files, env: filled, url });
    if (before !== undefined) expect(await segue(where, ...before)).toMatchObject({ code: 0 });

    const finished = await segue(where, ...args.map(fill));

    expect(finished.stderr.split("\n").map((line) => line.replace(/\b\d{14}(?=_add_)/, "<now>"))).toEqual([
      ...says.map(fill),
      "",
    ]);
    expect(finished).toMatchObject({ code, stdout: "" });
  });
});

test("with --json the error is an object on stdout too, with every problem's place", async () => {
  const where = project({ files: { "plans/1_a.yaml": "operations:\n  - rename_colum: { table: users }\n" } });

  const finished = await segue(where, "check", "--json");

  expect(finished.code).toBe(3);
  expect(objects(finished)).toEqual([
    {
      type: "error",
      time: expect.any(String),
      schema_version: 1,
      code: "SEG0001",
      title: "The plan file is not valid",
      exit_code: 3,
      message: "1 plan is not valid: 1 problem",
      object: null,
      left: "Nothing changed.",
      next: null,
      problems: [
        {
          message: "there is no operation `rename_colum`; did you mean `rename_column`?",
          file: "plans/1_a.yaml",
          line: 2,
          column: 5,
          source: "  - rename_colum: { table: users }",
          object: null,
        },
      ],
      docs: "docs/errors/SEG0001.md",
    },
  ]);
});

test("a stack trace is shown with -v only", async () => {
  const where = project({ files: { "plans/1_a.yaml": "operations: 1\n" } });
  expect((await segue(where, "check")).stderr).not.toMatch(/^\s+at /m);
  expect((await segue(where, "check", "-v")).stderr).toMatch(/^\s+at /m);
});
