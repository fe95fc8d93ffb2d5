import type { Command } from "commander";
import { EXIT } from "../../index.ts";
import type { DeclareCommand } from "../declare-command.ts";

/** `segue schema` */
export const declareSchema: DeclareCommand = (program, run) => {
  program
    .command("schema")
    .description("prints the JSON Schema of plan files")
    .action(async (_: object, command: Command) => {
      await run(command, async ({ segue, output }) => {
        await Promise.resolve(output.raw(`${JSON.stringify(segue.schema(), null, 2)}\n`));
        return EXIT.done;
      });
    });
};
