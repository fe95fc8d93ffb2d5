import type { Level, Verdict } from "./signal.ts";

/** What all signals together ask for: the worst wins, and all that ask for it are named. */
export interface Combined {
  readonly level: Level;
  readonly subjects: readonly string[];
  readonly reason: string;
}

export function worst(verdicts: readonly Verdict[]): Combined {
  const level: Level =
    (["stop", "slow"] as const).find((one) => verdicts.some((verdict) => verdict.level === one)) ?? "go";
  const asking = verdicts.flatMap((verdict) => (verdict.level !== "go" && verdict.level === level ? [verdict] : []));
  return {
    level,
    subjects: asking.map(({ subject }) => subject),
    reason: asking.map(({ reason }) => reason).join("; "),
  };
}
