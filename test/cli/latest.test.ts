import { expect, test } from "vitest";
import { testDatabase } from "../support/postgres.ts";
import { objects, project, segue } from "./segue.ts";

test("latest prints the schema and the URL of the newest version, and the password only where it is asked for", async () => {
  const database = await testDatabase({
    script: 'CREATE SCHEMA "My Shop"; CREATE TABLE "My Shop".users (id int, name text)',
  });
  const plan = "operations:\n  - rename_column: { table: users, from: name, to: handle }\n";
  const where = project({
    files: { "plans/20261122110706_handle.yaml": plan, "segue.yaml": "schema: My Shop\nviews: true\n" },
    url: `${database.url}?options=-c%20work_mem%3D5MB&sslmode=disable`,
  });
  const none = await segue(where, "latest", "schema");
  expect(none).toMatchObject({ code: 3, stdout: "" });
  expect(none.stderr).toContain("Refused: there is no versioned schema of My Shop. Nothing changed.\n");
  expect(none.stderr).toContain("SEG0310: there is no versioned schema (docs/errors/SEG0310.md)\n");

  expect(await segue(where, "up")).toMatchObject({ code: 0 });
  expect(await segue(where, "latest", "schema")).toMatchObject({
    code: 0,
    stdout: "My Shop_20261122110706\n",
    stderr: "",
  });
  const { password } = new URL(database.url);
  expect(password).not.toBe("");
  const url = (await segue(where, "latest", "url")).stdout.trim();
  expect(url).not.toContain(password);
  expect(new URL(url).searchParams.get("options")).toBe(
    String.raw`-c work_mem=5MB -c search_path="My\ Shop_20261122110706","My\ Shop"`,
  );
  const whole = (await segue(where, "latest", "url", "--with-password")).stdout.trim();
  expect(new URL(whole).password).toBe(password);
  const application = await database.connect({ connectionString: whole });
  expect((await application.query("INSERT INTO users (handle) VALUES ('ada') RETURNING *")).rows).toEqual([
    { id: null, handle: "ada" },
  ]);
  expect((await application.query("SHOW work_mem")).rows).toEqual([{ work_mem: "5MB" }]);
  const [report] = objects(await segue(where, "latest", "schema", "--json"));
  expect(report).toMatchObject({
    type: "latest",
    schema: "My Shop_20261122110706",
    of: "My Shop",
    plan: "20261122110706_handle",
    state: "ready",
    path: ["My Shop_20261122110706", "My Shop"],
    url,
  });
});

test("latest without a word of what, or with another one, is a wrong command line", async () => {
  const where = project({ url: "postgres://nobody@localhost:1/nothing" });
  expect((await segue(where, "latest", "migration")).code).toBe(64);
  expect((await segue(where, "latest")).code).toBe(64);
});

test("views is true or false", async () => {
  const where = project({
    files: {
      "plans/1_a.yaml": "views: yes please\noperations:\n  - sql: { up: select 1 }\n",
      "segue.yaml": "plans: plans\n",
    },
  });
  const checked = await segue(where, "check");
  expect(checked.code).toBe(3);
  expect(checked.stderr).toContain("plans/1_a.yaml:1:8");
  const configured = project({ files: { "segue.yaml": "views: 1\n" } });
  expect(await segue(configured, "check")).toMatchObject({
    code: 3,
    stderr: expect.stringContaining("segue.yaml:1:8") as string,
  });
});
