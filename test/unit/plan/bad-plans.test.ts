import { beforeAll, describe, expect, test } from "vitest";
import type { SegueError } from "../../../src/model/errors.ts";
import { readPlan } from "../../../src/plan/read-plan.ts";
import { loadParser } from "../../../src/sql/parser.ts";
import { vocabulary } from "./vocabulary.ts";

/** A wrong plan, line by line, and all that is told about it: `line:column message`. */
interface Case {
  readonly title: string;
  readonly file: readonly string[];
  readonly problems: readonly string[];
}

const YAML: readonly Case[] = [
  {
    title: "an empty file",
    file: [""],
    problems: ["1:1 the file is empty; a plan is a mapping"],
  },
  {
    title: "only comments",
    file: ["# users get a handle"],
    problems: ["1:1 the file is empty; a plan is a mapping"],
  },
  {
    title: "a list at the top",
    file: ["- rename_column"],
    problems: ["1:1 a plan is a mapping of keys to values, not a list"],
  },
  {
    title: "a single value at the top",
    file: ["just text"],
    problems: ["1:1 a plan is a mapping of keys to values, not a single value"],
  },
  {
    title: "a key that stands twice",
    file: ["description: a", "operations: []", "description: b"],
    problems: ["3:1 `description` stands twice in this mapping; first on line 1"],
  },
  {
    title: "a key that stands twice in an operation",
    file: ["operations:", "  - rename_column: { table: users, from: a, from: b, to: c }"],
    problems: ["2:45 `from` stands twice in this mapping; first on line 2"],
  },
  {
    title: "a tab as indentation",
    file: ["operations:", "\t- rename_column: {}"],
    problems: ["2:1 a tab can't indent YAML; use spaces"],
  },
  {
    title: "a list that is not closed",
    file: ["operations: ["],
    problems: ["1:13 a `[` is not closed by `]`"],
  },
  {
    title: "a mapping that is not closed",
    file: ["operations:", "  - rename_column: { table: users"],
    problems: ["2:20 a `{` is not closed by `}`"],
  },
  {
    title: "a quote that is not closed",
    file: ["description: 'all users", "operations: []"],
    problems: ["1:14 a quote is not closed"],
  },
  {
    title: "a quote in quotes",
    file: ["description: 'the users' handle", "operations: []"],
    problems: [
      "1:26 the value goes on after its closing quote; put all of it in one pair of quotes, or write it below `|`",
    ],
  },
  {
    title: "a colon in bare text",
    file: ["description: step one: rename", "operations: []"],
    problems: ["1:14 a second `: ` on one line; a value that holds `: ` goes in quotes"],
  },
  {
    title: "a second document",
    file: ["description: a", "---", "description: b"],
    problems: ["2:1 only one YAML document is allowed in a file; nothing may follow `---`"],
  },
  {
    title: "a value that begins with a backquote",
    file: ["description: `users`"],
    problems: ["1:14 a value can't begin with ` in YAML; put it in quotes"],
  },
  {
    title: "a tag",
    file: ["description: !env NAME"],
    problems: ["1:14 YAML tags (`!name`) are not supported; a value that begins with ! goes in quotes"],
  },
  {
    title: "a directive of YAML 1.1, in which `no` is false",
    file: ["%YAML 1.1", "---", "description: no"],
    problems: ["1:1 a %YAML directive is not supported: plans are YAML 1.2"],
  },
  {
    title: "an alias without its anchor",
    file: ["description: *users"],
    problems: ["1:14 `*users` names no anchor before it; a value that begins with * goes in quotes"],
  },
  {
    title: "an alias that contains itself",
    file: ["operations: &all [*all]"],
    problems: ["1:19 `*all` contains itself"],
  },
  {
    title: "aliases that explode",
    file: [
      "description: &a x",
      "conflicts: &b [*a, *a, *a, *a, *a, *a, *a, *a]",
      "requires: &c [*b, *b, *b, *b, *b, *b, *b, *b]",
      "expand: [*c, *c, *c, *c, *c, *c, *c, *c]",
    ],
    problems: ["1:1 the aliases (`*name`) of this file multiply into too much; write the values out"],
  },
  {
    title: "a merge key",
    file: ["operations: []", "<<: { description: a }"],
    problems: [
      "2:1 a plan has no key `<<`; it also takes `description`, `requires`, `conflicts`, `expand`, `backfill`, `contract`, `gates`, `views`, `settings`",
    ],
  },
  {
    title: "an unknown key at the top",
    file: ["operation:", "  - rename_column: {}"],
    problems: ["1:1 a plan has no key `operation`; did you mean `operations`?"],
  },
  {
    title: "an unknown key that is near nothing",
    file: ["frobnicate: 1", "operations: []"],
    problems: [
      "1:1 a plan has no key `frobnicate`; it also takes `description`, `requires`, `conflicts`, `expand`, `backfill`, `contract`, `gates`, `views`, `settings`",
    ],
  },
  {
    title: "a plan that does nothing",
    file: ["description: nothing yet"],
    problems: ["1:1 the plan does nothing; give it `operations`, or steps under `expand`, `backfill` or `contract`"],
  },
  {
    title: "a description that is a number",
    file: ["description: 5", "operations:", "  - rename_column: { table: users, from: a, to: b }"],
    problems: ['1:14 `description` takes text, not the number 5; in quotes it is text: "5"'],
  },
  {
    title: "a description of two lines",
    file: ["description: |", "  one", "  two", "operations:", "  - rename_column: { table: users, from: a, to: b }"],
    problems: ["1:14 `description`: a description is one line"],
  },
  {
    title: "operations as a mapping",
    file: ["operations: { rename_column: {} }"],
    problems: ["1:13 `operations` takes a list, not a mapping"],
  },
  {
    title: "operations left empty",
    file: ["operations:"],
    problems: ["1:1 `operations` is empty; it takes a list"],
  },
  {
    title: "an id that is a number",
    file: ["requires: [20261101090000]", "operations:", "  - rename_column: { table: users, from: a, to: b }"],
    problems: [
      '1:12 `requires[0]` takes text or a mapping, not the number 20261101090000; in quotes it is text: "20261101090000"',
    ],
  },
  {
    title: "a requirement's phase that is none",
    file: [
      "requires: [{ plan: 1_a, phase: redy }]",
      "operations:",
      "  - rename_column: { table: users, from: a, to: b }",
    ],
    problems: ['1:32 `phase` can\'t be "redy"; did you mean `ready`?'],
  },
  {
    title: "a requirement without its plan",
    file: ["requires: [{ phase: ready }]", "operations:", "  - rename_column: { table: users, from: a, to: b }"],
    problems: ["1:12 `plan` is missing: the id of the other plan"],
  },
  {
    title: "a field that is missing",
    file: ["operations:", "  - rename_column: { table: users, from: username }"],
    problems: ["2:20 `to` is missing: a column, by its name in the catalog, literally"],
  },
  {
    title: "a field that is misspelt: one problem, not two",
    file: ["operations:", "  - rename_column: { tabel: users, from: username, to: handle }"],
    problems: ["2:22 `rename_column` has no key `tabel`; did you mean `table`?"],
  },
  {
    title: "fields that do not exist",
    file: ["operations:", "  - rename_column: { table: users, from: username, to: handle, cascade: true }"],
    problems: ["2:64 `rename_column` has no key `cascade`"],
  },
  {
    title: "a name that YAML takes for a number",
    file: ["operations:", "  - rename_column: { table: users, from: 1.0, to: handle }"],
    problems: ['2:42 `from` takes text, not the number 1.0; in quotes it is text: "1.0"'],
  },
  {
    title: "a name that YAML takes for a truth value",
    file: ["operations:", "  - rename_column: { table: users, from: true, to: handle }"],
    problems: ['2:42 `from` takes text, not true; in quotes it is text: "true"'],
  },
  {
    title: "a name that YAML takes for nothing",
    file: ["operations:", "  - rename_column: { table: users, from: null, to: handle }"],
    problems: ["2:42 `from` is empty; it takes text"],
  },
  {
    title: "a name that is a list",
    file: ["operations:", "  - rename_column: { table: users, from: [username], to: handle }"],
    problems: ["2:42 `from` takes text, not a list"],
  },
  {
    title: "a name that is empty",
    file: ["operations:", "  - rename_column: { table: users, from: '', to: handle }"],
    problems: ["2:42 `from`: a name can't be empty"],
  },
  {
    title: "a name that PostgreSQL would cut",
    file: ["operations:", "  - rename_column: { table: users, from: ääääääääääääääääääääääääääääääää, to: handle }"],
    problems: ["2:42 `from`: a name can't be over 63 bytes: PostgreSQL would cut it"],
  },
  {
    title: "a table of three parts",
    file: ["operations:", "  - rename_column: { table: shop.public.users, from: a, to: b }"],
    problems: [
      '2:29 `table`: a table is written `name` or `schema.name`; a name with a dot in it goes in SQL quotes: "odd.name"',
    ],
  },
  {
    title: "an operation without fields",
    file: ["operations:", "  - rename_column"],
    problems: ["2:5 `rename_column` needs its fields: `table`, `from`, `to`"],
  },
  {
    title: "an operation with nothing behind it",
    file: ["operations:", "  - rename_column:"],
    problems: ["2:5 `rename_column` takes a mapping of its fields: `table`, `from`, `to`"],
  },
  {
    title: "an operation with a single value",
    file: ["operations:", "  - rename_column: users"],
    problems: ["2:20 `rename_column` takes a mapping of its fields, not a single value: `table`, `from`, `to`"],
  },
  {
    title: "fields that are not indented",
    file: ["operations:", "  - rename_column:", "    table: users", "    from: a", "    to: b"],
    problems: ["3:5 `table`, `from`, `to` must be indented deeper than `rename_column`, as its fields"],
  },
  {
    title: "two operations in one entry",
    file: [
      "operations:",
      "  - rename_column: { table: users, from: a, to: b }",
      "    add_column: { table: users, column: c, type: text }",
    ],
    problems: [
      "3:5 each operation is a mapping of one key; this one has `rename_column`, `add_column`: give each a `- ` of its own",
    ],
  },
  {
    title: "an operation that is misspelt",
    file: ["operations:", "  - renam_column: { table: users }"],
    problems: ["2:5 there is no operation `renam_column`; did you mean `rename_column`?"],
  },
  {
    title: "an operation that does not exist",
    file: ["operations:", "  - frobnicate: { table: users }"],
    problems: [
      "2:5 there is no operation `frobnicate`; it is one of `rename_column`, `add_column`, `create_index`, `update_rows`, `sql`",
    ],
  },
  {
    title: "an entry that is empty",
    file: ["operations:", "  - {}"],
    problems: ["2:5 an empty mapping is no operation"],
  },
  {
    title: "an entry that is no mapping",
    file: ["operations:", "  - 5"],
    problems: ["2:5 each operation is a mapping of one key, like `rename_column: { … }`"],
  },
  {
    title: "a step under operations",
    file: ["operations:", "  - sync: { table: users }"],
    problems: ["2:5 `sync` is a step, not an operation; it goes under `expand`"],
  },
  {
    title: "an operation under a phase",
    file: ["expand:", "  - rename_column: { table: users }"],
    problems: ["2:5 `rename_column` is an operation, not a step; it goes under `operations`"],
  },
  {
    title: "a step in the wrong phase",
    file: ["contract:", "  - sync: { table: users, forward: {} }"],
    problems: ["2:5 `sync` can't stand in contract; it goes under `expand`"],
  },
  {
    title: "a choice that is misspelt",
    file: [
      "operations:",
      "  - add_column:",
      "      table: users",
      "      column: handle",
      "      type: text",
      "      references: { table: teams, on_delete: cascad }",
    ],
    problems: ['6:46 `on_delete` can\'t be "cascad"; did you mean `cascade`?'],
  },
  {
    title: "an empty list",
    file: [
      "operations:",
      "  - add_column:",
      "      table: users",
      "      column: handle",
      "      type: text",
      "      references: { table: teams, columns: [] }",
    ],
    problems: ["6:44 `columns` can't be empty"],
  },
  {
    title: "a misspelt key in a union",
    file: ["operations:", "  - create_index: { table: users, columns: [{ column: a, ordr: desc }] }"],
    problems: ["2:58 `columns[0]` has no key `ordr`; did you mean `order`?"],
  },
  {
    title: "a value that no branch of a union takes",
    file: ["operations:", "  - create_index: { table: users, columns: [5] }"],
    problems: ['2:45 `columns[0]` takes text or a mapping, not the number 5; in quotes it is text: "5"'],
  },
  {
    title: "a number that is too large",
    file: ["operations:", "  - create_index: { table: users, columns: [a], fillfactor: 101 }"],
    problems: ["2:61 `fillfactor` is at most 100, not the number 101"],
  },
  {
    title: "a number that is not whole",
    file: ["operations:", "  - create_index: { table: users, columns: [a], fillfactor: 70.5 }"],
    problems: ["2:61 `fillfactor` takes a whole number, not the number 70.5"],
  },
  {
    title: "a number that would be rounded",
    file: [
      "operations:",
      "  - add_column:",
      "      table: users",
      "      column: handle",
      "      type: text",
      "      default: 9007199254740993",
    ],
    problems: ['6:16 9007199254740993 can\'t be held exactly as a YAML number; put it in quotes: "9007199254740993"'],
  },
  {
    title: "an expression that is empty",
    file: [
      "operations:",
      "  - add_column:",
      "      table: users",
      "      column: handle",
      "      type: text",
      "      default: ''",
    ],
    problems: ["6:16 `default`: an expression can't be empty"],
  },
  {
    title: "an expression that is a mapping",
    file: [
      "operations:",
      "  - add_column:",
      "      table: users",
      "      column: handle",
      "      type: text",
      "      default: { now: true }",
    ],
    problems: ["6:16 `default` takes text, a number or true or false, not a mapping"],
  },
  {
    title: "an expression that ends too early",
    file: [
      "operations:",
      "  - add_column:",
      "      table: users",
      "      column: handle",
      "      type: text",
      "      default: lower(username",
    ],
    problems: ["6:30 `default`: syntax error at end of input"],
  },
  {
    title: "an expression that is wrong in a block",
    file: [
      "operations:",
      "  - add_column:",
      "      table: users",
      "      column: handle",
      "      type: text",
      "      default: |",
      "        case when a then 1",
      "        els 2 end",
    ],
    problems: ['8:9 `default`: syntax error at or near "els"'],
  },
  {
    title: "an expression that is wrong in a folded block",
    file: [
      "operations:",
      "  - add_column:",
      "      table: users",
      "      column: handle",
      "      type: text",
      "      default: >",
      "        case when a then 1",
      "        els 2 end",
    ],
    problems: ['8:9 `default`: syntax error at or near "els"'],
  },
  {
    title: "an expression that is wrong behind escapes",
    file: [
      "operations:",
      "  - add_column:",
      "      table: users",
      "      column: handle",
      "      type: text",
      '      default: "\'\\u00e4\' || \\"b\\" (a 1"',
    ],
    problems: ['6:38 `default`: syntax error at or near "1"'],
  },
  {
    title: "an expression that is a statement",
    file: [
      "operations:",
      "  - add_column:",
      "      table: users",
      "      column: handle",
      "      type: text",
      "      default: select 1",
    ],
    problems: ["6:16 `default`: an expression is expected, not a statement; a sub-select goes in parentheses"],
  },
  {
    title: "an expression with a parameter",
    file: [
      "operations:",
      "  - add_column:",
      "      table: users",
      "      column: handle",
      "      type: text",
      "      default: coalesce(name, $1)",
    ],
    problems: ["6:31 `default`: an expression takes no parameters"],
  },
  {
    title: "an expression with a semicolon",
    file: [
      "operations:",
      "  - add_column:",
      "      table: users",
      "      column: handle",
      "      type: text",
      "      default: 1; drop table users",
    ],
    problems: ['6:17 `default`: syntax error at or near ";"'],
  },
  {
    title: "an expression that closes what it did not open",
    file: [
      "operations:",
      "  - add_column:",
      "      table: users",
      "      column: handle",
      "      type: text",
      "      default: 1) FROM users WHERE (true",
    ],
    problems: ['6:17 `default`: syntax error at or near ")"'],
  },
  {
    title: "text behind a closing quote",
    file: [
      "operations:",
      "  - add_column:",
      "      table: users",
      "      column: handle",
      "      type: text",
      "      default: 'x' || username",
    ],
    problems: [
      "6:20 the value goes on after its closing quote; put all of it in one pair of quotes, or write it below `|`",
    ],
  },
  {
    title: "an operator that YAML takes for a comment",
    file: [
      "operations:",
      "  - add_column:",
      "      table: users",
      "      column: handle",
      "      type: text",
      "      default: data #>> '{a}'",
    ],
    problems: ["6:21 YAML takes ` #` and all behind it for a comment; put the expression in quotes"],
  },
  {
    title: "commas of an expression inside braces",
    file: [
      "operations:",
      "  - update_rows: { table: users, set: { first_name: split_part(name, ' ', 1) }, where: true }",
    ],
    problems: [
      "2:70 ` ` is read as a key of its own: inside { } a comma ends a value; put the expression in quotes",
      "2:75 `1)` is read as a key of its own: inside { } a comma ends a value; put the expression in quotes",
    ],
  },
  {
    title: "expressions of a mapping, all of them",
    file: ["expand:", "  - sync:", "      table: users", "      forward: { a: b +, c: d e f }"],
    problems: ["4:24 `a`: syntax error at end of input", '4:33 `c`: syntax error at or near "f"'],
  },
  {
    title: "a type that is none",
    file: ["operations:", "  - add_column: { table: users, column: handle, type: 'varchar(50' }"],
    problems: ["2:66 `type`: syntax error at end of input"],
  },
  {
    title: "a type with more behind it",
    file: ["operations:", "  - add_column: { table: users, column: handle, type: text not null }"],
    problems: ['2:60 `type`: syntax error at or near "not"'],
  },
  {
    title: "a script that does not parse",
    file: ["operations:", "  - sql:", "      phase: expand", "      up: |", "        SELECT 1;", "        SELEC 2;"],
    problems: ['6:9 `up`: syntax error at or near "SELEC"'],
  },
  {
    title: "a script that commits",
    file: [
      "operations:",
      "  - sql:",
      "      phase: expand",
      "      up: |",
      "        -- all or nothing",
      "        BEGIN;",
      "        SELECT 1;",
      "        COMMIT;",
    ],
    problems: [
      "6:9 `up`: a plan can't begin or end a transaction: Segue commits each step together with its record in the journal",
      "8:9 `up`: a plan can't begin or end a transaction: Segue commits each step together with its record in the journal",
    ],
  },
  {
    title: "a gate that this version does not have",
    file: [
      "operations:",
      "  - rename_column: { table: users, from: a, to: b }",
      "gates:",
      "  - old_writes: { quiet_for: 24h }",
    ],
    problems: [
      "4:5 the gate `old_writes` is not supported by this version; take it out, or ask the same with `query` or `approval`",
    ],
  },
  {
    title: "a gate that is always there",
    file: ["operations:", "  - rename_column: { table: users, from: a, to: b }", "gates:", "  - verification: {}"],
    problems: ["4:5 the gate `verification` always holds contract back; it is not written in a plan"],
  },
  {
    title: "a gate that is misspelt",
    file: ["operations:", "  - rename_column: { table: users, from: a, to: b }", "gates:", "  - aproval: { by: dba }"],
    problems: ["4:5 there is no gate `aproval`; did you mean `approval`?"],
  },
  {
    title: "an approval of nobody",
    file: ["operations:", "  - rename_column: { table: users, from: a, to: b }", "gates:", "  - approval: {}"],
    problems: ["4:15 `by` is missing: the label that `segue approve --as` must give"],
  },
  {
    title: "a gate's query that writes",
    file: [
      "operations:",
      "  - rename_column: { table: users, from: a, to: b }",
      "gates:",
      "  - query: { sql: delete from users, is: 0 }",
    ],
    problems: ["4:19 `sql`: one SELECT is expected"],
  },
  {
    title: "a duration without its unit",
    file: [
      "settings: { contract: { soak: 24 } }",
      "operations:",
      "  - rename_column: { table: users, from: a, to: b }",
    ],
    problems: [
      "1:31 `soak` can't be the number 24: a duration is a whole number with a unit: `250ms`, `5s`, `10m`, `24h`, `7d`",
    ],
  },
  {
    title: "thresholds of signals that make no sense",
    file: [
      "settings:",
      "  backfill:",
      "    throttle:",
      "      replica_lag: 5",
      "      replica_lag_bytes: 64",
      '      active_sessions: "140%"',
      "      slot_wal: { stop: 1GB, resume: 2GB }",
      "      waiting_sessions: { slow: 5, stop: 2 }",
      "      archive_backlog: { pause: 5 }",
      "      probe: { sql: DELETE FROM users, stop: 20ms }",
      "      queries: { Queue: { sql: SELECT 1 }, jobs: { stop: 3 }, slow_jobs: { sql: TABLE a, timeout: 1m } }",
      "      slow_ratio: -1",
      "operations:",
      "  - rename_column: { table: users, from: a, to: b }",
    ],
    problems: [
      "4:20 `replica_lag` can't be the number 5: a duration is a whole number with a unit: `250ms`, `5s`, `10m`, `24h`, `7d`, or a mapping of `slow`, `stop` and `resume`",
      "5:26 `replica_lag_bytes` can't be the number 64: a size is a whole number with a unit: `512kB`, `64MB`, `10GB`, `1TB`, or a mapping of `slow`, `stop` and `resume`",
      '6:24 `active_sessions` can\'t be "140%": a whole number of sessions, or a share of max_connections: `80`, `"60%"`',
      "7:38 `resume`: above `stop`: it would go on while it has to stop",
      "8:33 `slow`: above `stop`, which stops before it is reached",
      "9:26 `archive_backlog` has no key `pause`; it takes `slow`, `stop`, `resume`",
      "10:21 `sql`: one SELECT is expected",
      "11:18 the key `Queue`: lower-case letters, digits and _ are expected",
      "11:50 `sql` is missing: one SELECT of a number, or of a boolean: true stops",
      "11:99 `timeout`: 1m is too long; at most 10s",
      "12:19 `slow_ratio` is at least 0, not the number -1",
    ],
  },
  {
    title: "a duration with a unit of its own",
    file: [
      "settings: { contract: { soak: 1 day } }",
      "operations:",
      "  - rename_column: { table: users, from: a, to: b }",
    ],
    problems: [
      '1:31 `soak` can\'t be "1 day": a duration is a whole number with a unit: `250ms`, `5s`, `10m`, `24h`, `7d`',
    ],
  },
  {
    title: "a timeout that would never end",
    file: ["settings: { lock: { timeout: 0s } }", "operations:", "  - rename_column: { table: users, from: a, to: b }"],
    problems: ['1:30 `timeout`: 0s would be taken by PostgreSQL for "wait forever"; a timeout is over zero'],
  },
  {
    title: "a timeout beyond PostgreSQL's",
    file: ["settings: { lock: { budget: 40d } }", "operations:", "  - rename_column: { table: users, from: a, to: b }"],
    problems: ["1:29 `budget`: 40d is too long; at most 24d"],
  },
  {
    title: "a setting that is misspelt",
    file: [
      "settings: { backfil: { workers: 2 } }",
      "operations:",
      "  - rename_column: { table: users, from: a, to: b }",
    ],
    problems: ["1:13 `settings` has no key `backfil`; did you mean `backfill`?"],
  },
  {
    title: "no workers",
    file: [
      "settings: { backfill: { workers: 0 } }",
      "operations:",
      "  - rename_column: { table: users, from: a, to: b }",
    ],
    problems: ["1:34 `workers` is at least 1, not the number 0"],
  },
  {
    title: "`yes` for a truth value",
    file: [
      "settings: { contract: { auto: yes } }",
      "operations:",
      "  - rename_column: { table: users, from: a, to: b }",
    ],
    problems: ['1:31 `auto` takes true or false, not "yes"'],
  },
  {
    title: "many mistakes, each told, in the order of the file",
    file: [
      "descripton: rename",
      "operations:",
      "  - rename_column: { table: users, from: 1, to: handle }",
      "  - add_colum: { table: users }",
      "  - add_column: { table: users, column: a, type: text, default: now( }",
      "expand:",
      "  - fill: { table: users }",
    ],
    problems: [
      "1:1 a plan has no key `descripton`; did you mean `description`?",
      '3:42 `from` takes text, not the number 1; in quotes it is text: "1"',
      "4:5 there is no operation `add_colum`; did you mean `add_column`?",
      "5:69 `default`: syntax error at end of input",
      "7:5 `fill` can't stand in expand; it goes under `backfill`",
    ],
  },
];

const SQL: readonly Case[] = [
  {
    title: "an empty file",
    file: [""],
    problems: ["1:1 the plan does nothing; there is no statement in it"],
  },
  {
    title: "nothing but a comment",
    file: ["-- later"],
    problems: ["1:1 the plan does nothing; there is no statement in it"],
  },
  {
    title: "a statement that does not parse",
    file: ["CREATE TABLE a (id int);", "CREATE TABEL b (id int);"],
    problems: ['2:8 syntax error at or near "TABEL"'],
  },
  {
    title: "a statement that does not parse, behind non-ASCII text",
    file: ["SELECT 'ä€🙂';", "SELECT 'ä' FRM b;"],
    problems: ['2:16 syntax error at or near "b"'],
  },
  {
    title: "a transaction around a part of it",
    file: ["BEGIN;", "CREATE TABLE a (id int);", "COMMIT;", "CREATE TABLE b (id int);"],
    problems: [
      "1:1 a plan can't begin or end a transaction: Segue commits each step together with its record in the journal",
      "3:1 a plan can't begin or end a transaction: Segue commits each step together with its record in the journal",
    ],
  },
  {
    title: "two transactions of its own",
    file: ["BEGIN; SELECT 1; COMMIT;", "BEGIN; SELECT 2; COMMIT;"],
    problems: ["1:1", "1:18", "2:1", "2:18"].map(
      (place) =>
        `${place} a plan can't begin or end a transaction: Segue commits each step together with its record in the journal`,
    ),
  },
  {
    title: "a transaction with a level of its own",
    file: ["BEGIN ISOLATION LEVEL SERIALIZABLE;", "CREATE TABLE a (id int);", "COMMIT;"],
    problems: ["1:1", "3:1"].map(
      (place) =>
        `${place} a plan can't begin or end a transaction: Segue commits each step together with its record in the journal`,
    ),
  },
  {
    title: "a transaction around what can't be in one",
    file: ["BEGIN;", "CREATE INDEX CONCURRENTLY ON a (id);", "COMMIT;"],
    problems: ["2:1 this can't run in the transaction that the file begins"],
  },
  {
    title: "a transaction around nothing",
    file: ["BEGIN;", "COMMIT;"],
    problems: ["1:1 the plan does nothing; there is no statement in it"],
  },
  {
    title: "a savepoint",
    file: ["CREATE TABLE a (id int);", "  SAVEPOINT s;"],
    problems: [
      "2:3 a plan can't begin or end a transaction: Segue commits each step together with its record in the journal",
    ],
  },
  {
    title: "COPY from the client",
    file: ["CREATE TABLE a (id int);", "COPY a FROM STDIN;"],
    problems: ["2:1 COPY from or to the client can't run in a plan: write INSERT, or COPY with a file on the server"],
  },
  {
    title: "COPY with its data",
    file: ["COPY a FROM stdin;", "1\tx", "\\."],
    problems: ["2:1 rows of COPY FROM STDIN can't stand in a plan: write INSERT"],
  },
  {
    title: "a command of psql",
    file: ["CREATE TABLE a (id int);", "\\connect other"],
    problems: ["2:1 \\connect is a command of psql, not SQL: a plan can't hold it"],
  },
  {
    title: "a way down without a way up",
    file: ["-- migrate:down", "DROP TABLE a;"],
    problems: ["1:1 this file has marks, but none says where the way up begins: `-- migrate:up`"],
  },
  {
    title: "two ways up",
    file: ["-- migrate:up", "SELECT 1;", "-- migrate:up", "SELECT 2;"],
    problems: ["3:1 the mark for up stands twice; first on line 1"],
  },
  {
    title: "a mark of dbmate that is misspelt",
    file: ["-- migrate:up", "CREATE TABLE a (id int);", "-- migrate: down", "DROP TABLE a;"],
    problems: ["3:1 marks of dbmate are `-- migrate:up` and `-- migrate:down`"],
  },
  {
    title: "an option of a mark that is none",
    file: ["-- migrate:up transactions:off", "SELECT 1;"],
    problems: ["1:1 `transactions:off` is no option of a mark; the only one is `transaction:false`"],
  },
  {
    title: "a mark of goose that is misspelt",
    file: ["-- +goose Up", "CREATE TABLE a (id int);", "-- +goose Dwn", "DROP TABLE a;"],
    problems: ["3:1 marks of goose are `-- +goose Up`, `Down`, `NO TRANSACTION`, `StatementBegin` and `StatementEnd`"],
  },
  {
    title: "goose's variables",
    file: ["-- +goose ENVSUB ON", "-- +goose Up", "SELECT '${HOME}';"],
    problems: ["1:1 goose's ENVSUB is not supported: what a plan does can't depend on the environment"],
  },
  {
    title: "marks of both",
    file: ["-- +goose Up", "SELECT 1;", "-- migrate:down", "SELECT 2;"],
    problems: ["3:1 marks of dbmate and of goose can't be mixed in one file"],
  },
  {
    title: "a way down of node-pg-migrate's without its way up",
    file: ["CREATE TABLE a (id int);", "-- Down Migration", "DROP TABLE a;"],
    problems: ["2:1 this file has marks, but none says where the way up begins: `-- Up Migration`"],
  },
  {
    title: "a statement before the first mark",
    file: ["SET search_path = x;", "-- migrate:up", "SELECT 1;"],
    problems: ["1:1 this stands before the first mark, so it belongs to neither part"],
  },
  {
    title: "a mistake in the way down",
    file: ["-- migrate:up", "SELECT 1;", "-- migrate:down", "SELEC 2;"],
    problems: ['4:1 syntax error at or near "SELEC"'],
  },
  {
    title: "a way up with nothing in it",
    file: ["-- migrate:up", "-- migrate:down", "SELECT 2;"],
    problems: ["1:14 the plan does nothing; there is no statement in it"],
  },
];

const NAMES: readonly (readonly [string, string])[] = [
  [
    "plans/rename_username.yaml",
    "a plan's file is named <version>_<name>.yaml with digits for the version, like 20261122101500_add_email.yaml; not `rename_username.yaml`",
  ],
  [
    "plans/v1_rename.yaml",
    "a plan's file is named <version>_<name>.yaml with digits for the version, like 20261122101500_add_email.yaml; not `v1_rename.yaml`",
  ],
  [
    "plans/1.2_rename.yaml",
    "a plan's file is named <version>_<name>.yaml with digits for the version, like 20261122101500_add_email.yaml; not `1.2_rename.yaml`",
  ],
  [
    "plans/20261122101500.yaml",
    "a plan's file is named <version>_<name>.yaml with digits for the version, like 20261122101500_add_email.yaml; not `20261122101500.yaml`",
  ],
  [
    "plans/1_rename username.yaml",
    "the name of a plan is letters, digits, `_` and `-`; ` ` in `1_rename username.yaml` is none of them",
  ],
  [
    "plans/1_inverse~.sql",
    "the name of a plan is letters, digits, `_` and `-`; `~` in `1_inverse~.sql` is none of them",
  ],
  ["plans/1_rename.json", "a plan's file is named <version>_<name>.yaml, .yml, .sql or .up.sql, not `1_rename.json`"],
  ["plans/1_rename.YAML", "a plan's file is named <version>_<name>.yaml, .yml, .sql or .up.sql, not `1_rename.YAML`"],
  [
    "plans/1_rename.down.sql",
    "a plan is not read by its way down; give the file with the way up: 1_rename.up.sql or 1_rename.sql",
  ],
  [
    "plans/1_üüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüü.yaml",
    "the name of a plan is at most 200 bytes; `1_üüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüü.yaml` has 202",
  ],
];

beforeAll(loadParser);

describe("a plan in YAML is refused with every problem at its place:", () => {
  for (const { title, file, problems } of YAML) {
    test(title, () => {
      expect(problemsOf("plans/1_a.yaml", `${file.join("\n")}\n`)).toEqual(problems);
    });
  }
});

describe("a plan in SQL is refused with every problem at its place:", () => {
  for (const { title, file, problems } of SQL) {
    test(title, () => {
      expect(problemsOf("plans/1_a.sql", `${file.join("\n")}\n`)).toEqual(problems);
    });
  }
});

describe("a plan's file name says its version and name:", () => {
  for (const [path, message] of NAMES) {
    test(path, () => {
      const text = path.endsWith(".sql") ? "SELECT 1" : "operations: []\n";
      expect(problemsOf(path, text)).toEqual([`1:1 ${message}`]);
    });
  }
});

test("a file over 1 MiB is refused before it is parsed", () => {
  const text = `description: ${"x".repeat(1_048_576)}\n`;
  expect(problemsOf("plans/1_a.yaml", text)).toEqual(["1:1 a plan is at most 1 MiB; this file has 1048590 bytes"]);
  expect(problemsOf("plans/1_a.sql", `-- ${text}`)).toEqual([
    "1:1 a plan is at most 1 MiB; this file has 1048593 bytes",
  ]);
});

test("the error carries the code, the file and the offending line", () => {
  const text = "operations:\r\n  - rename_column: { tabel: users, from: a, to: b }\r\n";
  const error = errorOf("plans/1_a.yaml", text);
  expect(error.code).toBe("SEG0001");
  expect(error.exitCode).toBe(3);
  expect(error.message).toBe("plans/1_a.yaml is not a valid plan");
  expect(error.problems[0]).toEqual({
    message: "`rename_column` has no key `tabel`; did you mean `table`?",
    at: { file: "plans/1_a.yaml", line: 2, column: 22 },
    source: "  - rename_column: { tabel: users, from: a, to: b }",
  });
});

function errorOf(path: string, text: string): SegueError {
  try {
    readPlan({ path, text }, vocabulary);
  } catch (error) {
    return error as SegueError;
  }
  throw new Error("the plan was taken");
}

function problemsOf(path: string, text: string): readonly string[] {
  return errorOf(path, text).problems.map(({ at, message }) => `${at?.line}:${at?.column} ${message}`);
}
