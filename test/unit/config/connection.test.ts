import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { resolveConnection } from "../../../src/config/connection.ts";
import type { ConnectionRequest } from "../../../src/config/connection-source.ts";
import type { SegueError } from "../../../src/model/errors.ts";

let home: string;
beforeAll(() => {
  home = mkdtempSync(join(tmpdir(), "segue-home-"));
  for (const name of ["ca.pem", "client.crt", "client.key"]) writeFileSync(join(home, name), name);
});
afterAll(() => rmSync(home, { recursive: true }));

const NO_CONFIG = { database: { urlEnv: null, ofEnvironment: false }, environment: null };
const resolve = (request: Partial<ConnectionRequest> = {}) =>
  resolveConnection({ config: NO_CONFIG, ...request, env: { HOME: home, ...request.env } });
const fromUrl = (flagUrl: string, env: Record<string, string> = {}) => resolve({ flagUrl, env });
const named = (urlEnv: string, ofEnvironment = false) => ({
  database: { urlEnv, ofEnvironment },
  environment: ofEnvironment ? "production" : null,
});
const url = (host: string) => `postgres://u@${host}/d`;

function refusal(call: () => unknown, code = "SEG0501"): SegueError {
  try {
    call();
  } catch (error) {
    expect((error as SegueError).code).toBe(code);
    return error as SegueError;
  }
  throw new Error("it was taken");
}

describe("the database is named by", () => {
  const all = {
    SEGUE_DATABASE_URL: url("segue"),
    DIRECT_URL: url("direct"),
    SHOP_URL: url("shop"),
    DATABASE_URL: url("database"),
    PGHOST: "pg",
  };
  const { SEGUE_DATABASE_URL: _1, ...fromDirect } = all;
  const { DIRECT_URL: _2, ...fromNamed } = fromDirect;
  const { SHOP_URL: _3, ...fromDatabase } = fromNamed;
  const config = named("SHOP_URL");

  test.each([
    ["--url", "flag", { flagUrl: url("flag"), env: all, config }],
    ["SEGUE_DATABASE_URL", "segue", { env: all, config }],
    ["DIRECT_URL", "direct", { env: fromDirect, config }],
    ["SHOP_URL", "shop", { env: fromNamed, config }],
    ["DATABASE_URL", "database", { env: fromDatabase }],
    ["PG*", "pg", { env: { PGHOST: "pg" } }],
  ])("%s", (source, host, request) => {
    expect(resolve(request)).toMatchObject({ source, options: { host } });
  });

  test("an environment's own variable before DIRECT_URL, which is another environment's", () => {
    expect(resolve({ env: all, config: named("SHOP_URL", true) }).source).toBe("SEGUE_DATABASE_URL");
    expect(resolve({ env: fromDirect, config: named("SHOP_URL", true) }).source).toBe("SHOP_URL");
  });

  test("nothing else, if segue.yaml names a variable that is not set", () => {
    const env = { DATABASE_URL: url("other"), PGHOST: "other" };
    expect(refusal(() => resolve({ env, config: named("PROD_URL", true) })).message).toBe(
      "the environment `production` names the variable PROD_URL for the database, and it is not set",
    );
    expect(refusal(() => resolve({ env: { PGHOST: "other" }, config: named("SHOP_URL") })).message).toBe(
      "segue.yaml names the variable SHOP_URL for the database, and it is not set",
    );
    expect(resolve({ env: { PGHOST: "pg" }, config: named("DATABASE_URL") }).source).toBe("PG*");
  });

  test(".env, which never overrides the environment", () => {
    const dotenv = { DIRECT_URL: url("dotenv"), PGUSER: "dot", PGPORT: "6000" };
    expect(resolve({ dotenv })).toMatchObject({ source: "DIRECT_URL (.env)", options: { host: "dotenv" } });
    expect(resolve({ dotenv, env: { DATABASE_URL: url("own") } })).toMatchObject({
      source: "DATABASE_URL",
      options: { host: "own", port: 6000 },
    });
    expect(resolve({ dotenv: { PGHOST: "h", PGPORT: "1" }, env: { PGPORT: "2" } })).toMatchObject({
      source: "PG*",
      options: { port: 2 },
    });
    expect(resolve({ dotenv, env: { DIRECT_URL: "", PGHOST: "pg" } }).source).toBe("PG*");
  });

  test("nobody: that is said, with the way on", () => {
    const error = refusal(() => resolve({ env: { DATABASE_URL: "", PGPASSWORD: "x" } }), "SEG0504");
    expect(error.message).toBe("no database is named");
    expect(error.next).toBe("Give --url, or set DATABASE_URL (in the environment or in .env).");
  });
});

describe("a URL", () => {
  test("is decoded, and printed without its password", () => {
    const target = fromUrl("postgresql://ap%40p:p%2Fw%20d%25@db.acme:6432/sh%20op?sslmode=disable");
    expect(target).toEqual({
      options: { host: "db.acme", port: 6432, user: "ap@p", password: "p/w d%", database: "sh op", ssl: false },
      fallback: null,
      source: "--url",
      passwordFrom: "url",
      redacted: "postgres://ap%40p@db.acme:6432/sh%20op",
      warnings: [],
    });
  });

  test("leaves open what PG* and the defaults fill in", () => {
    const env = { PGUSER: "app", PGPASSWORD: "pw", PGPORT: "6000", PGDATABASE: "other", PGSSLMODE: "disable" };
    expect(fromUrl("postgres://db", env)).toMatchObject({
      options: { host: "db", port: 6000, user: "app", password: "pw", database: "other", ssl: false },
      passwordFrom: "PGPASSWORD",
    });
    expect(fromUrl("postgres://db", { USER: "mia" }).options).toMatchObject({
      port: 5432,
      user: "mia",
      database: "mia",
    });
  });

  test("may name a socket's folder, where there is no TLS", () => {
    for (const text of [
      "postgres://app@%2Fvar%2Frun/shop?sslmode=require",
      "postgres:///shop?host=/var/run&user=app&sslmode=require",
    ])
      expect(fromUrl(text)).toMatchObject({
        options: { host: "/var/run", user: "app", database: "shop", ssl: false },
        fallback: null,
        redacted: "postgres://app@/shop?host=/var/run&port=5432",
      });
  });

  test("may name an address of IPv6", () => {
    expect(fromUrl("postgres://u@[::1]:5433/d")).toMatchObject({
      options: { host: "::1", port: 5433 },
      redacted: "postgres://u@[::1]:5433/d",
    });
  });

  test("may carry options of the session and of other tools", () => {
    const text =
      "postgres://u@h/d?schema=public&pgbouncer=true&connect_timeout=7&options=-c%20a%3Db&channel_binding=require&sslmode=require";
    expect(fromUrl(text).options).toMatchObject({
      connectionTimeoutMillis: 7000,
      options: "-c a=b",
      enableChannelBinding: true,
    });
  });

  test.each([
    ["localhost/shop", "--url is not a URL of a database; it begins with postgres:// or postgresql://"],
    [
      "host=localhost dbname=shop password=s3cret",
      "--url is not a URL of a database; it begins with postgres:// or postgresql://",
    ],
    ["postgres://u:s3cret@a,b/d", "--url names several hosts; name one, the primary"],
    ["postgres://u:s3cret@a:5432,b:5433/d", "--url names several hosts; name one, the primary"],
    ["postgres://u@/d?host=a,b", "--url names several hosts; name one, the primary"],
    [
      "postgres://u:s3cret@h:port/d",
      "--url is not a valid URL; characters with a meaning in URLs must be percent-encoded in names and passwords (@ as %40, / as %2F)",
    ],
    ["postgres://u:s3cret@h/d?service=x", "--url: the parameter `service` is not supported"],
    ["postgres://u:s3cret@h/d?sslmod=require", "--url: there is no parameter `sslmod`; did you mean `sslmode`?"],
    ["postgres://u:s3cret@h/d?sslmode=requir", "there is no sslmode `requir`; did you mean `require`?"],
    ["postgres://u:s3cret@h/d?ssl=maybe", "--url: `ssl` is true or false; use `sslmode` for more"],
    ["postgres://u:s3cret@h/d?options=%zz", "--url: a % behind the ? must begin a percent-encoded character"],
    ["postgres://u:s3cret@h/d?port=70000", 'a port is a number from 1 to 65535, not "70000"'],
    ["postgres://u:s3cret@h/d?connect_timeout=soon", 'connect_timeout is a whole number of seconds, not "soon"'],
    [
      "postgres://u:s3cret@h/d?target_session_attrs=standby",
      "target_session_attrs=standby asks for a server that can't be written to",
    ],
    ["postgres://u:s3cret@h/d?sslnegotiation=direct", "sslnegotiation=direct needs sslmode=require or stronger"],
  ])("%s is refused", (text, message) => {
    const error = refusal(() => fromUrl(text));
    expect(error.message).toBe(message);
    expect(JSON.stringify(error) + String(error.stack) + String(error.cause)).not.toContain("s3cret");
  });

  test("is refused while PGSERVICE or another unsupported variable is set", () => {
    expect(refusal(() => fromUrl(url("h"), { PGSERVICE: "x" })).message).toBe("PGSERVICE is set, and is not supported");
    expect(refusal(() => resolve({ env: { PGHOST: "a,b" } })).message).toBe(
      "PG* names several hosts; name one, the primary",
    );
  });
});

describe("sslmode means what it means to libpq:", () => {
  const tls = (query: string, env: Record<string, string> = {}) => {
    const { options, fallback } = fromUrl(`postgres://u@h/d?${query}`, env);
    return [options.ssl, fallback === null ? null : fallback.ssl];
  };
  const unverified = { rejectUnauthorized: false };
  const anyHost = { rejectUnauthorized: true, ca: "ca.pem", checkServerIdentity: expect.any(Function) };
  const ca = () => `sslrootcert=${join(home, "ca.pem")}`;

  test("disable", () => expect(tls("sslmode=disable")).toEqual([false, null]));
  test("allow", () => expect(tls("sslmode=allow")).toEqual([false, unverified]));
  test("prefer, the default", () => {
    expect(tls("sslmode=prefer")).toEqual([unverified, false]);
    expect(tls("")).toEqual([unverified, false]);
  });
  test("require encrypts and verifies nothing", () => expect(tls("sslmode=require")).toEqual([unverified, null]));
  test("require with a root certificate is verify-ca", () =>
    expect(tls(`sslmode=require&${ca()}`)).toEqual([anyHost, null]));
  test("verify-ca", () => expect(tls(`sslmode=verify-ca&${ca()}`)).toEqual([anyHost, null]));
  test("verify-full compares the host's name", () => {
    expect(tls(`sslmode=verify-full&${ca()}`)).toEqual([{ rejectUnauthorized: true, ca: "ca.pem" }, null]);
    expect(tls("sslmode=verify-full")).toEqual([{ rejectUnauthorized: true }, null]);
  });
  test("sslrootcert=system is verify-full", () => {
    expect(tls("sslrootcert=system")).toEqual([{ rejectUnauthorized: true }, null]);
    expect(refusal(() => tls("sslrootcert=system&sslmode=require")).message).toMatch("too weak for sslrootcert=system");
  });
  test("ssl=true is require, and no-verify is node-postgres's", () => {
    expect(tls("ssl=true")).toEqual([unverified, null]);
    expect(tls("sslmode=no-verify")).toEqual([unverified, null]);
  });
  test("PGSSLMODE, PGSSLROOTCERT, PGSSLCERT and PGSSLKEY hold where the URL says nothing", () => {
    const env = {
      PGSSLMODE: "verify-full",
      PGSSLROOTCERT: join(home, "ca.pem"),
      PGSSLCERT: join(home, "client.crt"),
      PGSSLKEY: join(home, "client.key"),
    };
    expect(tls("", env)).toEqual([
      { rejectUnauthorized: true, ca: "ca.pem", cert: "client.crt", key: "client.key" },
      null,
    ]);
    expect(tls("sslmode=disable", env)).toEqual([false, null]);
  });
  test("verify-ca without a certificate, and files that can't be read, are refused", () => {
    expect(refusal(() => tls("sslmode=verify-ca")).message).toBe(
      "sslmode=verify-ca needs a root certificate: name its file with sslrootcert, or use verify-full",
    );
    expect(refusal(() => tls("sslrootcert=/none.pem")).message).toBe("sslrootcert: /none.pem can't be read");
    expect(refusal(() => tls(`sslmode=require&sslkey=${join(home, "client.key")}`)).message).toBe(
      "sslkey is given without sslcert",
    );
  });
  test("certificates in ~/.postgresql are used", () => {
    const other = join(home, "other");
    mkdirSync(join(other, ".postgresql"), { recursive: true });
    for (const name of ["root.crt", "postgresql.crt", "postgresql.key"])
      writeFileSync(join(other, ".postgresql", name), name);
    expect(tls("sslmode=require", { HOME: other })).toEqual([
      {
        rejectUnauthorized: true,
        ca: "root.crt",
        cert: "postgresql.crt",
        key: "postgresql.key",
        checkServerIdentity: expect.any(Function),
      },
      null,
    ]);
  });
});

describe(".pgpass", () => {
  const file = () => join(home, "passwords");
  const password = (target: string, lines: string) => {
    writeFileSync(file(), lines, { mode: 0o600 });
    const { options, passwordFrom } = fromUrl(target, { PGPASSFILE: file() });
    return [options.password, passwordFrom];
  };

  test("gives the password of the first line that fits", () => {
    const lines = "# mine\nother:*:*:*:no\nh:5432:d:u:first\n*:*:*:*:second\n";
    expect(password("postgres://u@h/d", lines)).toEqual(["first", "passfile"]);
    expect(password("postgres://u@h:6000/d", lines)).toEqual(["second", "passfile"]);
  });

  test("takes a backslash before colons and backslashes, and colons in the password", () => {
    expect(password("postgres://u@h/d%3Ab", "h:*:d\\:b:u:p\\\\w:\\:x\r\n")).toEqual(["p\\w::x", "passfile"]);
  });

  test("knows a usual socket by localhost", () => {
    expect(password("postgres://u@/d?host=/tmp", "localhost:*:*:*:local\n")).toEqual(["local", "passfile"]);
    expect(password("postgres://u@/d?host=/srv", "localhost:*:*:*:local\n")).toEqual([undefined, null]);
  });

  test("is not asked if there is a password", () => {
    expect(password("postgres://u:own@h/d", "*:*:*:*:no\n")).toEqual(["own", "url"]);
  });

  test("is not read if others may read it", () => {
    writeFileSync(file(), "*:*:*:*:no\n");
    chmodSync(file(), 0o644);
    expect(fromUrl("postgres://u@h/d", { PGPASSFILE: file() })).toMatchObject({
      passwordFrom: null,
      warnings: [`${file()} may be read by others, and was not read; run: chmod 0600 ${file()}`],
    });
  });
});
