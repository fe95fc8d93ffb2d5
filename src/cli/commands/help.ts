import type { Command } from "commander";
import { EXIT, SegueError } from "../../index.ts";
import type { DeclareCommand } from "../declare-command.ts";

/** `segue help [command]` */
export const declareHelp: DeclareCommand = (program, run) => {
  program
    .command("help")
    .argument("[command]", "one of the commands")
    .description("this help, or that of a command")
    .action(async (word: string | undefined, _: object, command: Command) => {
      await run(command, () => {
        const found =
          word === undefined ? program : program.commands.find((one) => [one.name(), ...one.aliases()].includes(word));
        if (found === undefined) {
          return Promise.reject(
            new SegueError("SEG0502", { message: `there is no command \`${word ?? ""}\``, next: "segue --help" }),
          );
        }
        found.outputHelp();
        return Promise.resolve(EXIT.done);
      });
    });
};
