import { SegueError, type StatusReport } from "../index.ts";
import type { Context } from "./context.ts";

/** @throws SegueError SEG0302 if the plan has no rollout, or one that is over */
export async function inFlight({ segue }: Pick<Context, "segue">, word: string): Promise<StatusReport> {
  const [report] = await segue.status(word);
  if (report !== undefined && report.state !== "completed" && report.state !== "reversed") return report;
  const message =
    report === undefined
      ? `${word} was never expanded`
      : `${report.plan} is ${report.state}: nothing of it runs any more`;
  throw new SegueError("SEG0302", { message, object: report?.plan ?? word });
}
