import { expect, test } from "vitest";
import { applicationUrl } from "../../../src/config/application-url.ts";

const config = { database: { urlEnv: null, ofEnvironment: false }, environment: null };
const url = (flagUrl: string | undefined, path: readonly string[], password = false, env = {}): string =>
  applicationUrl({ flagUrl, env, config }, path, { password });

test.each<[string, string, readonly string[], string]>([
  [
    "a plain one",
    "postgres://app@db:5433/shop",
    ["public_1", "public"],
    "postgres://app@db:5433/shop?options=-c%20search_path%3Dpublic_1%2Cpublic",
  ],
  ["without a port or a user", "postgresql://db/shop", ["v"], "postgres://db/shop?options=-c%20search_path%3Dv"],
  [
    "parameters and options that it has",
    "postgres://db/shop?sslmode=require&options=-c%20jit%3Doff",
    ["v"],
    "postgres://db/shop?sslmode=require&options=-c%20jit%3Doff%20-c%20search_path%3Dv",
  ],
  [
    "a socket",
    "postgres://app@/shop?host=%2Ftmp&port=5433",
    ["v"],
    "postgres://app@/shop?host=%2Ftmp&port=5433&options=-c%20search_path%3Dv",
  ],
  ["IPv6", "postgres://[::1]:5433/shop", ["v"], "postgres://[::1]:5433/shop?options=-c%20search_path%3Dv"],
  [
    "odd names",
    "postgres://a%40b@db/s%2Fh",
    ['A "b\\c'],
    `postgres://a%40b@db/s%2Fh?options=${encodeURIComponent(String.raw`-c search_path="A\ ""b\\c"`)}`,
  ],
])("the URL of an application: %s", (_, given, path, wanted) => {
  expect(url(given, path)).toBe(wanted);
});

test("the password is in it only where it is asked for, whoever gives it", () => {
  const given = "postgres://app:s%40cret@db/shop";
  expect(url(given, ["v"])).toBe("postgres://app@db/shop?options=-c%20search_path%3Dv");
  expect(url(given, ["v"], true)).toBe("postgres://app:s%40cret@db/shop?options=-c%20search_path%3Dv");
  const env = { PGHOST: "db", PGUSER: "app", PGDATABASE: "shop", PGPASSWORD: "p w" };
  expect(url(undefined, ["v"], false, env)).toBe("postgres://app@db/shop?options=-c%20search_path%3Dv");
  expect(url(undefined, ["v"], true, env)).toBe("postgres://app:p%20w@db/shop?options=-c%20search_path%3Dv");
});
