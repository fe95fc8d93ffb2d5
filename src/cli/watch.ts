import { EXIT, type ExitCode } from "../index.ts";
import type { Context } from "./context.ts";
import { LiveLines } from "./live-lines.ts";
import { planIds, withPending } from "./pending-plans.ts";
import { reportStatus, statusText } from "./report-status.ts";
import { isLive } from "./terminal.ts";

/** Shows the status whenever it changes, in place on a terminal, until Ctrl-C. */
export async function watch(context: Context, plan: string | undefined): Promise<ExitCode> {
  const { segue, io, output, interrupts } = context;
  const plans =
    plan === undefined ? await planIds(segue) : [(await segue.status(plan))[0]?.plan ?? (await segue.find(plan)).id];
  const live = !output.json && isLive(io.stdout, io.env) ? new LiveLines(io.stdout) : null;
  await context.running(async ({ signal }) => {
    for await (const reports of segue.watch(plan === undefined ? undefined : plans[0], signal)) {
      if (io.isClosed()) return;
      const all = withPending(reports, plans);
      if (live === null) reportStatus(context, all, plan !== undefined);
      else live.draw(statusText(context, all, plan !== undefined).split("\n"));
    }
  });
  return interrupts.received === "SIGTERM" ? EXIT.terminated : EXIT.interrupted;
}
