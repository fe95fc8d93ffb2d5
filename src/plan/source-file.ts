import { LineCounter } from "yaml";
import type { Position } from "../model/position.ts";
import type { Problem } from "../model/errors.ts";

/** A text file with its lines: turns offsets into positions and problems. A byte order mark is left out. */
export class SourceFile {
  readonly path: string;
  readonly text: string;
  readonly #lines = new LineCounter();

  constructor(path: string, text: string) {
    this.path = path;
    this.text = text.startsWith("\uFEFF") ? text.slice(1) : text;
    this.#lines.addNewLine(0);
    for (const { index } of this.text.matchAll(/\n/g)) this.#lines.addNewLine(index + 1);
  }

  /** Columns count UTF-16 code units from 1, as editors do. */
  position(offset: number): Position {
    const { line, col } = this.#lines.linePos(Math.max(0, Math.min(offset, this.text.length)));
    return { file: this.path, line, column: col };
  }

  /** The text of a line, without its end. */
  line(number: number): string {
    const start = this.#lines.lineStarts[number - 1] ?? this.text.length;
    const end = this.#lines.lineStarts[number] ?? this.text.length + 1;
    return this.text.slice(start, end - 1).replace(/\r$/, "");
  }

  place(offset: number): { at: Position; source: string } {
    const at = this.position(offset);
    return { at, source: this.line(at.line) };
  }

  problem(offset: number, message: string): Problem {
    return { message, ...this.place(offset) };
  }
}
