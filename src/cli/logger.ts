import pino, { type Logger } from "pino";
import type { Io } from "./io.ts";

/** A log of what the process does, JSON lines on stderr, with `-v`; silent without. */
export function createLogger(io: Io, verbose: boolean): Logger {
  const destination = { write: (line: string): void => void io.stderr.write(line) };
  return pino(
    {
      level: verbose ? "debug" : "silent",
      base: null,
      timestamp: pino.stdTimeFunctions.isoTime,
      redact: ["options.url"],
    },
    destination,
  );
}
