import { expect, test } from "vitest";
import type { ResolvedOptions } from "../../../src/config/connection.ts";
import { openTarget } from "../../../src/config/open-target.ts";

const plain: ResolvedOptions = { host: "h", port: 5432, user: "u", database: "d", ssl: false };
const secured: ResolvedOptions = { ...plain, ssl: { rejectUnauthorized: false } };
/** Opens any way but the secured one. */
const failing = (error: Error) => (options: ResolvedOptions) =>
  new Promise<string>((resolve, reject) => (options === secured ? reject(error) : resolve("open")));
const coded = (code: string, message = "x") => Object.assign(new Error(message), { code });

test("the first way that works is taken", async () => {
  const opened = await openTarget({ options: secured, fallback: plain }, () => Promise.resolve("open"));
  expect(opened).toEqual({ connection: "open", options: secured });
});

test.each([
  new Error("The server does not support SSL connections"),
  coded("28000", "no pg_hba.conf entry for host"),
  coded("DEPTH_ZERO_SELF_SIGNED_CERT"),
  new Error("Can't connect", { cause: new Error("The server does not support SSL connections") }),
])("the second way is tried after: %s", async (error) => {
  const opened = await openTarget({ options: secured, fallback: plain }, failing(error));
  expect(opened).toEqual({ connection: "open", options: plain });
});

test.each([coded("28P01", "password authentication failed"), coded("ECONNREFUSED"), coded("3D000")])(
  "the second way is not tried after: %s",
  async (error) => {
    await expect(openTarget({ options: secured, fallback: plain }, failing(error))).rejects.toBe(error);
  },
);

test("without a second way an error about TLS is an error", async () => {
  const error = new Error("The server does not support SSL connections");
  await expect(openTarget({ options: secured, fallback: null }, failing(error))).rejects.toBe(error);
});
