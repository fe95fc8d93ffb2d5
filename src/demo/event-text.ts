import type { Colors } from "picocolors/types.js";
import type { WireEvent } from "./segue-command.ts";

/** A line about an event; one that moves is replaced by the next. */
export type EventText =
  | { readonly moves: false; readonly line: string }
  | { readonly moves: true; readonly line: string; readonly share: number };

/** States in which a rollout rests: the others pass by. */
const RESTS = ["expanded", "ready", "soaking", "completed", "reversed"];
const LONGEST_TITLE = 100;
const CELLS = 20;

/** What people read of an event of a command; null: nothing. */
export function eventText(event: WireEvent, colors: Colors): EventText | null {
  const fixed = (line: string): EventText => ({ moves: false, line: `  ${line}` });
  const mark = (ok: boolean): string => (ok ? colors.green("✔") : colors.red("✖"));
  switch (event.type) {
    case "state":
      return RESTS.includes(text(event["state"])) ? fixed(`→ ${colors.bold(text(event["state"]))}`) : null;
    case "step_done":
      return fixed(
        `${mark(true)} ${shortened(text(event["title"]))}  ${colors.dim(`${Math.round(Number(event["ms"]))} ms`)}`,
      );
    case "progress":
      return progress(event);
    case "lease_taken":
      return event["previous"] === null
        ? null
        : fixed(`${colors.yellow("!")} takes over from ${text(event["previous"])}, which is dead`);
    case "orphan_settled":
      return fixed(
        `${colors.yellow("!")} pid ${text(event["pid"])}, left on the server by the dead process: ${text(event["deed"])}`,
      );
    case "lock_wait":
      return fixed(
        `${colors.yellow("↻")} did not get the lock at once, and stood aside: attempt ${text(event["attempt"])}`,
      );
    case "verified":
      return fixed(
        `${mark(event["mismatches"] === 0)} verified ${text(event["table"])}: ${whole(event["rows"])} rows, ${whole(event["mismatches"])} mismatches`,
      );
    case "gate":
      return fixed(`${mark(event["ok"] === true)} ${text(event["gate"])}: ${text(event["detail"])}`);
    case "error":
      return fixed(
        [event["message"], event["left"]]
          .filter((part) => part !== null)
          .map(text)
          .join(". "),
      );
    default:
      return null;
  }
}

function progress(event: WireEvent): EventText {
  const share = Number(event["total"]) === 0 ? 1 : Math.min(1, Number(event["done"]) / Number(event["total"]));
  const bar = "█".repeat(Math.floor(share * CELLS)).padEnd(CELLS, "░");
  const doing = event["stage"] === "fill" ? "filling" : event["stage"] === "sweep" ? "checking" : "verifying";
  const rows = `${whole(event["rows"])} rows`;
  return {
    moves: true,
    share,
    line: `  ${doing} ${text(event["table"])}  ${bar} ${Math.floor(share * 100)}%  ${rows}`,
  };
}

function text(value: unknown): string {
  return typeof value === "string" ? value : JSON.stringify(value);
}

function whole(value: unknown): string {
  return Number(value).toLocaleString("en-US");
}

function shortened(title: string): string {
  return title.length > LONGEST_TITLE ? `${title.slice(0, LONGEST_TITLE - 1)}…` : title;
}
