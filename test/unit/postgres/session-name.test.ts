import { expect, test } from "vitest";
import { parseSessionName, sessionName } from "../../../src/postgres/session-name.ts";

test("a name is read back as it was written", () => {
  expect(sessionName("12", 3)).toBe("segue/12/3");
  expect(sessionName("12", 3, "heartbeat")).toBe("segue/12/3/heartbeat");
  expect(parseSessionName("segue/12/3")).toEqual({ rolloutId: "12", epoch: 3 });
  expect(parseSessionName("segue/12/3/heartbeat")).toEqual({ rolloutId: "12", epoch: 3 });
});

test.each(["segue/12", "segue/12/", "segue/x/3", "segue/12/3x", "my segue/12/3", "segue/cancel", ""])(
  "%j is not a runner's",
  (name) => expect(parseSessionName(name)).toBeNull(),
);
