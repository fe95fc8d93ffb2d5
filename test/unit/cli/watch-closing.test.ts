import { PassThrough } from "node:stream";
import { expect, test } from "vitest";
import { watchClosing } from "../../../src/cli/watch-closing.ts";

const failure = (code: string): Error => Object.assign(new Error(`write ${code}`), { code });

test.each(["EPIPE", "EIO"])("a reader that went away (%s) is noticed, and no error", (code) => {
  const stream = new PassThrough();
  const isClosed = watchClosing(stream);
  expect(isClosed()).toBe(false);
  stream.emit("error", failure(code));
  expect(isClosed()).toBe(true);
});

test("a full disk is an error", () => {
  const stream = new PassThrough();
  watchClosing(stream);
  expect(() => stream.emit("error", failure("ENOSPC"))).toThrow("write ENOSPC");
});
