import { Argument, type Command } from "commander";
import { EXIT, type ExitCode } from "../../index.ts";
import type { Context } from "../context.ts";
import type { DeclareCommand } from "../declare-command.ts";
import { printable } from "../printable.ts";

type What = "schema" | "url";

/** `segue latest schema|url` */
export const declareLatest: DeclareCommand = (program, run) => {
  program
    .command("latest")
    .addArgument(
      new Argument("<what>", "its name, or the URL of the database with it in the search_path").choices([
        "schema",
        "url",
      ]),
    )
    .option("--with-password", "the URL with its password, where the URL or PGPASSWORD has one")
    .description("the newest versioned schema, for the new version of the application")
    .action(async (what: What, options: { withPassword?: boolean }, command: Command) => {
      await run(command, (context) => latest(context, what, options.withPassword === true));
    });
};

async function latest({ segue, output }: Context, what: What, password: boolean): Promise<ExitCode> {
  const { of, path, plan, schema, state, url } = await segue.latest({ password });
  output.result("latest", { schema, of, plan, state, path, url }, printable(what === "schema" ? schema : url));
  return EXIT.done;
}
