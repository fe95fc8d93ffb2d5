import { declareApprove } from "./commands/approve.ts";
import { declareBaseline } from "./commands/baseline.ts";
import { declareBackfill } from "./commands/backfill.ts";
import { declareCancel } from "./commands/cancel.ts";
import { declareCheck } from "./commands/check.ts";
import { declareContract } from "./commands/contract.ts";
import { declareDemo } from "./commands/demo.ts";
import { declareDoctor } from "./commands/doctor.ts";
import { declareExpand } from "./commands/expand.ts";
import { declareHelp } from "./commands/help.ts";
import { declareHistory } from "./commands/history.ts";
import { declareImport } from "./commands/import.ts";
import { declareInit } from "./commands/init.ts";
import { declareLatest } from "./commands/latest.ts";
import { declareNew } from "./commands/new.ts";
import { declarePause } from "./commands/pause.ts";
import { declarePlan } from "./commands/plan.ts";
import { declareQuarantine } from "./commands/quarantine.ts";
import { declareResume } from "./commands/resume.ts";
import { declareReverse } from "./commands/reverse.ts";
import { declareSchema } from "./commands/schema.ts";
import { declareStatus } from "./commands/status.ts";
import { declareThrottle } from "./commands/throttle.ts";
import { declareUnlock } from "./commands/unlock.ts";
import { declareUnpause } from "./commands/unpause.ts";
import { declareUp } from "./commands/up.ts";
import { declareWork } from "./commands/work.ts";
import { declareVerify } from "./commands/verify.ts";
import type { DeclareCommand } from "./declare-command.ts";

/** All commands, in the order of `segue --help`. */
export const COMMANDS: readonly DeclareCommand[] = [
  declareInit,
  declareNew,
  declareCheck,
  declarePlan,
  declareExpand,
  declareBackfill,
  declareContract,
  declareUp,
  declareReverse,
  declareResume,
  declareStatus,
  declareHistory,
  declareLatest,
  declareWork,
  declareVerify,
  declareQuarantine,
  declarePause,
  declareUnpause,
  declareThrottle,
  declareCancel,
  declareApprove,
  declareUnlock,
  declareImport,
  declareBaseline,
  declareDoctor,
  declareDemo,
  declareSchema,
  declareHelp,
];
