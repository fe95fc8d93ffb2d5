import type { ConnectionInfo } from "../index.ts";
import type { GlobalOptions } from "./global-options.ts";
import type { Io } from "./io.ts";
import { printable } from "./printable.ts";
import { type Colors, colorsFor } from "./terminal.ts";
import { wireLine } from "./wire.ts";

/** Where a command's words go: results to stdout, as text or as JSON; everything else to stderr. */
export class Output {
  readonly json: boolean;
  /** Colours of stdout. */
  readonly colors: Colors;
  /** Colours of stderr. */
  readonly errorColors: Colors;
  readonly #io: Io;

  constructor(io: Io, options: Pick<GlobalOptions, "json">) {
    this.#io = io;
    this.json = options.json === true;
    this.colors = colorsFor(io.stdout, io.env);
    this.errorColors = colorsFor(io.stderr, io.env);
  }

  /** A result: `text` for people, or an object of this type for programs. */
  result(type: string, fields: object, text: string): void {
    if (this.json) this.#io.stdout.write(wireLine(type, fields));
    else if (text !== "") this.#io.stdout.write(text.endsWith("\n") ? text : `${text}\n`);
  }

  /** For programs only. */
  object(type: string, fields: object): void {
    if (this.json) this.#io.stdout.write(wireLine(type, fields));
  }

  /** As it is, to stdout, also with `--json`: for what is a document of its own. */
  raw(text: string): void {
    this.#io.stdout.write(text);
  }

  /** A line to stderr. */
  note(text: string): void {
    this.#io.stderr.write(`${text}\n`);
  }

  /** Which database, by whose word: before anything else. */
  connection({ source, target, environment, serverVersion, warnings }: ConnectionInfo): void {
    const place = [environment, source].filter((part) => part !== null).join(", ");
    this.note(this.errorColors.dim(printable(`${target} (${place}), PostgreSQL ${serverVersion}`)));
    for (const warning of warnings) this.note(`${this.errorColors.yellow("Warning:")} ${printable(warning)}`);
  }
}
