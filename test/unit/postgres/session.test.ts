import { once } from "node:events";
import { type AddressInfo, createServer } from "node:net";
import { beforeEach, describe, expect, onTestFinished, test } from "vitest";
import { SegueError } from "../../../src/model/errors.ts";
import { openSession, type Session, type SessionOptions, type Statement } from "../../../src/postgres/session.ts";
import { isConnectionLoss, SQLSTATE, sqlstateOf } from "../../../src/postgres/sqlstate.ts";
import { MAJORS, type TestDatabase, testDatabase } from "../../support/postgres.ts";
import { until } from "../../support/until.ts";

let database: TestDatabase;
const open: Session[] = [];

async function session(options: Partial<SessionOptions> = {}): Promise<Session> {
  const opened = await openSession({ connectionString: database.url }, { applicationName: "segue/1/1", ...options });
  open.push(opened);
  return opened;
}

beforeEach(async () => {
  database = await testDatabase();
  return async () => {
    await Promise.all(open.splice(0).map((one) => one.close()));
  };
});

async function setting(of: Session, name: string): Promise<string | undefined> {
  return (await of.query<{ value: string }>("SELECT current_setting($1) AS value", [name])).rows[0]?.value;
}

async function waitsInSleep(pid: number): Promise<boolean> {
  const rows = await database.query("select from pg_stat_activity where pid = $1 and wait_event = 'PgSleep'", [pid]);
  return rows.length === 1;
}

describe("settings", () => {
  test.each(MAJORS)("on %i every session pins what the role and the database may have set", async (major) => {
    database = await testDatabase({ major });
    await database.query(`alter database ${database.name} set search_path = evil, pg_catalog`);
    await database.query(`alter database ${database.name} set default_transaction_isolation = 'serializable'`);
    await database.query(`alter database ${database.name} set datestyle = 'SQL, DMY'`);
    await database.query(`alter database ${database.name} set timezone = 'Asia/Kathmandu'`);
    await database.query(`alter database ${database.name} set standard_conforming_strings = off`);
    await database.query(`alter database ${database.name} set statement_timeout = '1s'`);
    const one = await session({ settings: { lock_timeout: "3s", "segue.bypass": "on" } });
    expect(one.pooled).toBe(false);
    expect(await setting(one, "search_path")).toBe("pg_catalog, pg_temp");
    expect(await setting(one, "default_transaction_isolation")).toBe("read committed");
    expect(await setting(one, "DateStyle")).toBe("ISO, DMY");
    expect(await setting(one, "TimeZone")).toBe("Asia/Kathmandu");
    expect(await setting(one, "standard_conforming_strings")).toBe("on");
    expect(await setting(one, "statement_timeout")).toBe("0");
    expect(await setting(one, "lock_timeout")).toBe("3s");
    expect(await setting(one, "segue.bypass")).toBe("on");
    expect(await setting(one, "client_connection_check_interval")).toBe("1s");
    expect(await setting(one, "application_name")).toBe("segue/1/1");
    if (major >= 17) expect(await setting(one, "transaction_timeout")).toBe("0");
  });

  test("an application_name in the connection string does not hide the session from its successor", async () => {
    const url = `${database.url}?application_name=shop`;
    const one = await openSession({ connectionString: url }, { applicationName: "segue/1/1" });
    open.push(one);
    expect(await setting(one, "application_name")).toBe("segue/1/1");
  });

  test("a setting of the caller that is wrong fails the opening", async () => {
    const opening = session({ settings: { lock_timeout: "soon" } });
    await expect(opening).rejects.toMatchObject({ code: "SEG0201" });
  });
});

describe("connecting", () => {
  test("a closed port is SEG0201, names the target and may be tried again", async () => {
    const target = { host: "localhost", port: 1, user: "ann", database: "shop", password: "secret" };
    const error: unknown = await openSession(target, { applicationName: "x" }).catch((caught: unknown) => caught);
    expect(error).toBeInstanceOf(SegueError);
    expect((error as SegueError).code).toBe("SEG0201");
    expect((error as SegueError).message).toContain(
      `Can't connect to database "shop" on localhost:1 as "ann": connect ECONNREFUSED`,
    );
    expect((error as SegueError).message).not.toContain("secret");
    expect(isConnectionLoss(error)).toBe(true);
  });

  test("a database that does not exist is SEG0201 and won't pass with time", async () => {
    const url = new URL(database.url);
    url.pathname = "/no_such_database";
    const error: unknown = await openSession({ connectionString: url.href }, { applicationName: "x" }).catch(
      (e: unknown) => e,
    );
    expect((error as SegueError).code).toBe("SEG0201");
    expect(isConnectionLoss(error)).toBe(false);
  });

  test("a frozen target with TLS settings is left as it is", async () => {
    const ssl = Object.freeze({ rejectUnauthorized: false, key: "k", cert: "c" });
    const target = Object.freeze({ host: "localhost", port: 1, ssl });
    await expect(openSession(target, { applicationName: "x" })).rejects.toMatchObject({ code: "SEG0201" });
    expect(Object.keys(ssl)).toEqual(["rejectUnauthorized", "key", "cert"]);
  });

  test("a server that never answers is given up after the time, or when the signal is aborted", async () => {
    const silent = createServer(() => {}).listen(0, "127.0.0.1");
    await once(silent, "listening");
    onTestFinished(() => void silent.close());
    const { port } = silent.address() as AddressInfo;
    const target = { host: "127.0.0.1", port };
    const timingOut = openSession(target, { applicationName: "x", connectTimeout: 50 });
    await expect(timingOut).rejects.toMatchObject({ code: "SEG0201" });
    const controller = new AbortController();
    const reason = new Error("enough");
    const aborted = openSession(target, { applicationName: "x", signal: controller.signal });
    void once(silent, "connection").then(() => controller.abort(reason));
    await expect(aborted).rejects.toBe(reason);
  });

  test("an aborted signal stops before connecting", async () => {
    const reason = new Error("enough");
    await expect(session({ signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
  });
});

describe("results", () => {
  test("numbers that a double would round are text, and dates are not moved into this process's time zone", async () => {
    const one = await session();
    const { rows } = await one.query(
      `SELECT 9007199254740993::bigint AS big, 1.10::numeric AS exact, date '2026-03-29' AS day,
              timestamp '2026-03-29 02:30' AS wall, interval '1 mon' AS span, timestamptz '2026-01-01T00:00:00Z' AS point`,
    );
    expect(rows).toEqual([
      {
        big: "9007199254740993",
        exact: "1.10",
        day: "2026-03-29",
        wall: "2026-03-29 02:30:00",
        span: "1 mon",
        point: new Date("2026-01-01T00:00:00Z"),
      },
    ]);
  });

  test("a script returns the result of each statement, and is one transaction", async () => {
    const one = await session();
    const results = await one.script(
      "CREATE TABLE public.t (a int); INSERT INTO public.t VALUES (1), (2); TABLE public.t",
    );
    expect(results.map(({ command, rowCount }) => [command, rowCount])).toEqual([
      ["CREATE", null],
      ["INSERT", 2],
      ["SELECT", 2],
    ]);
    await expect(one.script("INSERT INTO public.t VALUES (3); SELECT 1/0")).rejects.toThrow("division by zero");
    expect((await one.query("TABLE public.t")).rowCount).toBe(2);
  });

  test("query() refuses several statements", async () => {
    const one = await session();
    await expect(one.query("SELECT 1; SELECT 2")).rejects.toThrow("script()");
  });

  test("statements asked for at once are sent one after the other", async () => {
    const statements: Statement[] = [];
    const one = await session({ onStatement: (statement) => statements.push(statement) });
    const sums = await Promise.all([1, 2, 3].map((n) => one.query<{ n: number }>("SELECT $1::int + 1 AS n", [n])));
    expect(sums.map(({ rows }) => rows[0]?.n)).toEqual([2, 3, 4]);
    expect(statements.map(({ sql, rows }) => [sql, rows])).toEqual(sums.map(() => ["SELECT $1::int + 1 AS n", 1]));
    expect(statements.every(({ ms }) => ms > 0)).toBe(true);
  });

  test("an error is thrown as the server's own, and told to the listener", async () => {
    const statements: Statement[] = [];
    const one = await session({ onStatement: (statement) => statements.push(statement) });
    const error: unknown = await one.query("SELECT * FROM public.missing").catch((caught: unknown) => caught);
    expect(sqlstateOf(error)).toBe(SQLSTATE.undefinedTable);
    expect(statements[0]?.error).toBe(error);
    expect((await one.query("SELECT 1 AS one")).rows).toEqual([{ one: 1 }]);
  });

  test("notices go to whoever listens, until they stop", async () => {
    const one = await session();
    const heard: (string | undefined)[] = [];
    const stop = one.onNotice((notice) => heard.push(notice.message));
    await one.query("DO $$ BEGIN RAISE NOTICE 'first'; END $$");
    stop();
    await one.query("DO $$ BEGIN RAISE NOTICE 'second'; END $$");
    expect(heard).toEqual(["first"]);
  });
});

describe("transactions", () => {
  test("commits what work did and returns its value", async () => {
    const one = await session();
    const value = await one.transaction(async (s) => {
      await s.query("CREATE TABLE public.t ()");
      return 7;
    });
    expect(value).toBe(7);
    expect(await database.query("select to_regclass('public.t') as t")).toEqual([{ t: "t" }]);
  });

  test("rolls back when work throws, and goes on", async () => {
    const one = await session();
    const failing = one.transaction(async (s) => {
      await s.query("CREATE TABLE public.t ()");
      throw new Error("no");
    });
    await expect(failing).rejects.toThrow("no");
    expect(await database.query("select to_regclass('public.t') as t")).toEqual([{ t: null }]);
    expect(await one.transaction(async (s) => (await s.query("SELECT 1 AS x")).rows)).toEqual([{ x: 1 }]);
  });

  test("a failed statement whose error was swallowed does not pass for a commit", async () => {
    const one = await session();
    const hiding = one.transaction(async (s) => {
      await s.query("CREATE TABLE public.t ()");
      await s.query("SELECT 1/0").catch(() => {});
    });
    await expect(hiding).rejects.toThrow("rolled back");
  });

  test("a deferred constraint that fails at COMMIT fails the transaction, and the session goes on", async () => {
    const one = await session();
    await one.script("CREATE TABLE public.t (a int UNIQUE DEFERRABLE INITIALLY DEFERRED)");
    const failing = one.transaction((s) => s.query("INSERT INTO public.t VALUES (1), (1)"));
    await expect(failing).rejects.toMatchObject({ code: SQLSTATE.uniqueViolation });
    expect((await one.query("TABLE public.t")).rowCount).toBe(0);
  });

  test("takes the way it begins", async () => {
    const one = await session();
    const writing = one.transaction((s) => s.query("CREATE TABLE public.t ()"), "BEGIN READ ONLY");
    await expect(writing).rejects.toMatchObject({ code: SQLSTATE.readOnlySqlTransaction });
  });

  test("a second transaction on the same session is a mistake of the caller", async () => {
    const one = await session();
    await expect(one.transaction((s) => s.transaction(async () => {}))).rejects.toThrow("a transaction is open");
  });
});

describe("losing the connection", () => {
  test("a backend terminated in the middle of a statement is SEG0407, and the process lives", async () => {
    const one = await session();
    const running = one.query("SELECT pg_sleep(60)").catch((caught: unknown) => caught);
    await until(() => waitsInSleep(one.pid));
    await database.query("select pg_terminate_backend($1)", [one.pid]);
    const error = await running;
    expect(error).toBeInstanceOf(SegueError);
    expect((error as SegueError).code).toBe("SEG0407");
    expect(sqlstateOf(error)).toBe(SQLSTATE.adminShutdown);
    expect(isConnectionLoss(error)).toBe(true);
    expect(one.closed).toBe(true);
    await expect(one.query("SELECT 1")).rejects.toMatchObject({ code: "SEG0407" });
  });

  test("a backend terminated while idle is found at the next statement", async () => {
    const one = await session();
    await database.query("select pg_terminate_backend($1)", [one.pid]);
    await until(async () => one.closed);
    await expect(one.query("SELECT 1")).rejects.toMatchObject({ code: "SEG0407" });
  });

  test("one terminated inside a transaction throws SEG0407 and the server rolls back", async () => {
    const one = await session();
    const lost = one.transaction(async (s) => {
      await s.query("CREATE TABLE public.t ()");
      await database.query("select pg_terminate_backend($1)", [one.pid]);
      await s.query("SELECT 1");
    });
    await expect(lost).rejects.toMatchObject({ code: "SEG0407" });
    expect(await database.query("select to_regclass('public.t') as t")).toEqual([{ t: null }]);
  });

  test("a closed session refuses further statements, and closing twice is fine", async () => {
    const one = await session();
    await one.close();
    await one.close();
    await expect(one.query("SELECT 1")).rejects.toMatchObject({ code: "SEG0407" });
  });
});

describe("cancelling", () => {
  test("cancel() ends the statement that runs, and the session goes on", async () => {
    const one = await session();
    const running = one.query("SELECT pg_sleep(60)").catch((caught: unknown) => caught);
    await until(() => waitsInSleep(one.pid));
    await one.cancel();
    expect(sqlstateOf(await running)).toBe(SQLSTATE.queryCanceled);
    expect((await one.query("SELECT 1 AS x")).rows).toEqual([{ x: 1 }]);
  });

  test("an aborted signal cancels the statement, rolls back and refuses further ones", async () => {
    const controller = new AbortController();
    const one = await session({ signal: controller.signal });
    const reason = new Error("interrupted");
    const running = one.transaction(async (s) => {
      await s.query("CREATE TABLE public.t ()");
      await s.query("SELECT pg_sleep(60)");
    });
    const outcome = running.catch((caught: unknown) => caught);
    await until(() => waitsInSleep(one.pid));
    controller.abort(reason);
    expect(await outcome).toBe(reason);
    expect(await database.query("select to_regclass('public.t') as t")).toEqual([{ t: null }]);
    const states = await database.query("select state from pg_stat_activity where pid = $1", [one.pid]);
    expect(states).toEqual([{ state: "idle" }]);
    await expect(one.query("SELECT 1")).rejects.toBe(reason);
  });

  test("cancelling an idle session does nothing", async () => {
    const one = await session();
    await one.cancel();
    expect((await one.query("SELECT 1 AS x")).rows).toEqual([{ x: 1 }]);
  });

  test("a name over 63 bytes can still be cancelled", async () => {
    const one = await session({ applicationName: "segue/1/1/".padEnd(80, "x") });
    const running = one.query("SELECT pg_sleep(60)").catch((caught: unknown) => caught);
    await until(() => waitsInSleep(one.pid));
    await one.cancel();
    expect(sqlstateOf(await running)).toBe(SQLSTATE.queryCanceled);
  });
});
