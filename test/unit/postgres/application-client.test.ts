import { expect, test } from "vitest";
import { ApplicationClient } from "../../../src/postgres/application-client.ts";
import { testDatabase } from "../../support/postgres.ts";

test("a prepared statement whose result changes its type is prepared anew, once, and counted", async () => {
  const database = await testDatabase({ script: "CREATE TABLE t (a int); INSERT INTO t VALUES (1)" });
  const client = await ApplicationClient.connect(database.url, "shop");
  try {
    const read = () => client.prepared("read", "SELECT * FROM t WHERE a = $1", [1]);
    expect(await read()).toEqual([{ a: 1 }]);
    await database.query("ALTER TABLE t ADD COLUMN b text");
    expect(await read()).toEqual([{ a: 1, b: null }]);
    expect(await read()).toEqual([{ a: 1, b: null }]);
    expect(client.stalePlans).toBe(1);
    expect(await client.simple("SELECT current_setting('application_name') AS name")).toEqual([{ name: "shop" }]);
    await expect(client.prepared("other", "SELECT 1 / $1::int", [0])).rejects.toThrow("division by zero");
    expect(client.stalePlans).toBe(1);
  } finally {
    await client.close();
    await database.drop();
  }
});
