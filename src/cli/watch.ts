import { EXIT, type ExitCode } from "../index.ts";
import type { Context } from "./context.ts";
import { followStatus } from "./follow-status.ts";
import { LiveLines } from "./live-lines.ts";
import { reportStatus, statusText } from "./report-status.ts";
import { isLive } from "./terminal.ts";

/** Shows the status whenever it changes, in place on a terminal, until Ctrl-C. */
export async function watch(context: Context, plan: string | undefined): Promise<ExitCode> {
  const { io, output, interrupts } = context;
  const live = !output.json && isLive(io.stdout, io.env) ? new LiveLines(io.stdout) : null;
  await context.running(async ({ signal }) => {
    let last = "";
    for await (const reports of followStatus(context, plan, signal)) {
      if (io.isClosed()) return;
      const text = statusText(context, reports, plan !== undefined);
      if (live !== null) live.draw(text.split("\n"));
      else if (text !== last || output.json) reportStatus(context, reports, plan !== undefined);
      last = text;
    }
  });
  return interrupts.received === "SIGTERM" ? EXIT.terminated : EXIT.interrupted;
}
