/** The public API of pg-segue. The command line uses nothing else. */
export { createSegue, type HistoryReport, type Segue } from "./api/create-segue.ts";
export type { CheckReport } from "./api/checking.ts";
export type { ConnectionInfo, SegueOptions, VerbOptions } from "./api/options.ts";
export type { ContractVerbOptions, ReverseVerbOptions, RunVerbOptions, VerbResult } from "./api/running.ts";
export type { PlanReport } from "./api/planning.ts";
export { type Scaffolded, scaffoldArguments, type ScaffoldRequest } from "./api/scaffold.ts";
export { nextCommand, type StatusReport } from "./api/status.ts";
export type { Finding } from "./api/finding.ts";
export { TOOL_VERSION } from "./api/version.ts";
export type { BlockerInfo, SegueEvent } from "./model/events.ts";
export type { DryRun } from "./api/reversing.ts";
export type { Reversal } from "./execution/reverse.ts";
export type { VerificationResult } from "./execution/verification.ts";
export { type ErrorCode, ERRORS } from "./model/error-codes.ts";
export { type Problem, SegueError } from "./model/errors.ts";
export { EXIT, type ExitCode } from "./model/exit-code.ts";
export type { Program } from "./model/program.ts";
export type { FillStep, Loss, Step, UndoStep } from "./model/step.ts";
export type { Plan } from "./model/plan.ts";
export type { PartialSettings, RolloutSettings } from "./model/settings.ts";
export type { RolloutState } from "./model/rollout.ts";
export { displayWidth } from "./plan/display-width.ts";
/** @internal for `segue demo` */
export { ApplicationClient, type ApplicationRow } from "./postgres/application-client.ts";
export { formatDuration, parseDuration } from "./plan/duration.ts";
export { renderProblems } from "./plan/render-problems.ts";
