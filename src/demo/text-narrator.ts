import pc from "picocolors";
import type { DemoStream } from "./demo-stream.ts";
import { eventText } from "./event-text.ts";
import { LiveLine } from "./live-line.ts";
import type { Narrator } from "./narrator.ts";
import { isClean, type Summary } from "./summary.ts";

/** Where the story goes, and how it looks. */
export interface TextOptions {
  readonly out: DemoStream;
  /** Gets the line that moves, if it is a terminal. */
  readonly err: DemoStream;
  readonly color: boolean;
}

/** The story for people: captions, commands as they would be typed, and what came of them. */
export function textNarrator({ out, err, color }: TextOptions): Narrator {
  const colors = pc.createColors(color);
  const live = new LiveLine(err);
  const line = (text: string): void => {
    live.clear();
    out.write(`${text}\n`);
  };
  return {
    caption: (text) => line(`\n${wrapped(text).map(colors.bold).join("\n")}`),
    file: (path, text) => {
      line(`\n${colors.cyan(`$ cat ${path}`)}`);
      line(text.trimEnd().replaceAll(/^/gm, "  "));
    },
    command: (text) => line(`\n${colors.cyan(`$ ${text}`)}`),
    event: (event) => {
      const text = eventText(event, colors);
      if (text === null) return;
      if (text.moves) live.show(text.line, text.share);
      else line(text.line);
    },
    exit: (code) => {
      if (code === null) line(`  ${colors.yellow("killed")}`);
      else if (code !== 0) line(`  ${colors.yellow(`exit ${code}`)}`);
      else live.clear();
    },
    traffic: ({ queries, failed, longest }) =>
      line(
        colors.dim(`  shop: ${whole(queries)} queries, ${whole(failed)} failed, longest wait ${milliseconds(longest)}`),
      ),
    failure: (message) => line(`\n${colors.red("✖")} ${message}`),
    summary: (summary) => {
      line("");
      for (const [label, value] of rowsOf(summary)) line(`  ${label.padEnd(26)} ${colors.bold(value)}`);
      line(
        isClean(summary)
          ? `\n${colors.green("✔")} No query failed, and no row was lost.`
          : `\n${colors.red("✖")} Not what this demo is to show.`,
      );
    },
  };
}

function rowsOf(summary: Summary): (readonly [string, string])[] {
  return [
    ["queries sent", whole(summary.queries)],
    ["queries failed", whole(summary.failedQueries)],
    ["longest wait of any query", milliseconds(summary.maxWaitMs)],
    ["p99 before", milliseconds(summary.p99BeforeMs)],
    ["p99 during", milliseconds(summary.p99DuringMs)],
    [
      "rows checked",
      `${whole(summary.rowsVerified)}, and ${whole(summary.rowsVerifiedBySegue)} by segue before the cut-over`,
    ],
    ["mismatches", whole(summary.mismatches)],
    [
      "statements prepared anew",
      `${whole(summary.statementsPreparedAnew)} (as after any ALTER TABLE; drivers and poolers do it)`,
    ],
    ["catalog after reversal", summary.reversalExact ? "as before" : "not as before"],
    ["state", summary.state ?? "unknown"],
    ["time", `${Math.round(summary.seconds)} s`],
  ];
}

/** Lines of at most so many characters, broken between words. */
function wrapped(text: string, width = 96): string[] {
  const lines: string[] = [];
  for (const word of text.split(" ")) {
    const last = lines.at(-1);
    if (last !== undefined && last.length + 1 + word.length <= width) lines[lines.length - 1] = `${last} ${word}`;
    else lines.push(word);
  }
  return lines;
}

const whole = (number: number): string => number.toLocaleString("en-US");
const milliseconds = (ms: number): string => `${ms < 10 ? ms.toFixed(1) : Math.round(ms)} ms`;
