import { DatabaseError } from "pg";
import { expect, test } from "vitest";
import { SegueError } from "../../../src/model/errors.ts";
import { isConnectionLoss, SQLSTATE, sqlstateOf } from "../../../src/postgres/sqlstate.ts";

function raised(code: string): DatabaseError {
  return Object.assign(new DatabaseError("no", 0, "error"), { code });
}
function failed(code: string): Error {
  return Object.assign(new Error("no"), { code });
}

test("the SQLSTATE of a server's error is read, also through an error of our own", () => {
  expect(sqlstateOf(raised("55P03"))).toBe(SQLSTATE.lockNotAvailable);
  expect(sqlstateOf(new SegueError("SEG0402", { message: "no", cause: raised("55P03") }))).toBe(
    SQLSTATE.lockNotAvailable,
  );
});

test.each([failed("EPIPE"), failed("EPERM"), new Error("no"), "no", null, undefined])("%s has no SQLSTATE", (error) => {
  expect(sqlstateOf(error)).toBeUndefined();
});

test.each(["08000", "08003", "08006", "57P01", "57P02", "57P03", "57P05", "25P03", "25P04"])(
  "SQLSTATE %s is the loss of the connection",
  (code) => expect(isConnectionLoss(raised(code))).toBe(true),
);

test.each(["ECONNRESET", "EPIPE", "ETIMEDOUT", "ECONNREFUSED"])("%s is the loss of the connection", (code) =>
  expect(isConnectionLoss(failed(code))).toBe(true),
);

test.each(["Connection terminated", "Connection terminated unexpectedly", "timeout expired"])(
  "the driver's %j is the loss of the connection",
  (message) => expect(isConnectionLoss(new Error(message))).toBe(true),
);

test.each([raised("55P03"), raised("40P01"), raised("57014"), raised("28P01"), new Error("no"), failed("EPERM"), null])(
  "%s is not",
  (error) => expect(isConnectionLoss(error)).toBe(false),
);

test("a connection that was never made is lost only if its cause may pass", () => {
  const unreachable = (cause: unknown): SegueError => new SegueError("SEG0201", { message: "no", cause });
  expect(isConnectionLoss(unreachable(failed("ECONNREFUSED")))).toBe(true);
  expect(isConnectionLoss(unreachable(raised(SQLSTATE.cannotConnectNow)))).toBe(true);
  expect(isConnectionLoss(unreachable(raised("28P01")))).toBe(false);
});
