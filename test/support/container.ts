import { PostgreSqlContainer } from "@testcontainers/postgresql";
import { TEST_SETTINGS } from "./servers.ts";

/** Starts the official image of `major` with the settings of the tests' other servers; needs a container engine. */
export async function startContainer(major: number): Promise<{ url: string; stop(): Promise<void> }> {
  const settings = Object.entries(TEST_SETTINGS).flatMap(([name, value]) => ["-c", `${name}=${value}`]);
  const container = await new PostgreSqlContainer(`postgres:${major}`).withCommand(["postgres", ...settings]).start();
  return {
    url: container.getConnectionUri(),
    async stop() {
      await container.stop();
    },
  };
}
