import type { Thresholds } from "../../model/settings.ts";
import { GO, type Verdict } from "./signal.ts";

/** How a signal's value is told, and where it goes on by default. */
export interface Measure {
  /** `replica r2 lag` */
  readonly subject: string;
  readonly format: (value: number) => string;
  /** `resume` as a part of `stop`, where the settings say none. */
  readonly resumeShare: number;
}

/** Judges a value by its thresholds. Once it has stopped, it stops until it is at most `resume`. */
export function judgeValue(value: number, thresholds: Thresholds, standing: boolean, measure: Measure): Verdict {
  const { subject, format } = measure;
  const stop = thresholds.stop ?? null;
  if (stop !== null) {
    const resume = Math.min(stop, thresholds.resume ?? stop * measure.resumeShare);
    if (value > stop) return { level: "stop", subject, reason: `${subject} ${format(value)} > ${format(stop)}` };
    if (standing && value > resume)
      return { level: "stop", subject, reason: `${subject} ${format(value)}, goes on at ${format(resume)}` };
  }
  const slow = thresholds.slow ?? null;
  if (slow !== null && value > slow)
    return { level: "slow", subject, reason: `${subject} ${format(value)} > ${format(slow)}` };
  return GO;
}
