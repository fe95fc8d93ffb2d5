import { joinFill } from "../backfill/join-fill.ts";
import type { BatchStep } from "../backfill/lane.ts";
import { cancelAsked, lastEvent } from "../journal/asked-cancel.ts";
import { recordEvent } from "../journal/events.ts";
import { intentsOf } from "../journal/intents.ts";
import { programOf, rolloutById } from "../journal/rollouts.ts";
import { SegueError } from "../model/errors.ts";
import type { Rollout } from "../model/rollout.ts";
import { completeSettings } from "../plan/merge-settings.ts";
import { rolloutLockHolder } from "../postgres/advisory-lock.ts";
import { openSession, type Session } from "../postgres/session.ts";
import { sessionName } from "../postgres/session-name.ts";
import { sleep } from "../postgres/sleep.ts";
import { fillContext } from "./fill-step.ts";
import { openFill } from "./open-fill.ts";
import { announcements, type OnAsked } from "./announcements.ts";
import { connectionOf, furtherSessions } from "./further-sessions.ts";
import { reconnecting, type RunOptions } from "./runner.ts";

/** How the work of a process beside the runner ended. */
export interface WorkEnd {
  /** Extents, which are parts of tables, that it has brought to their end. */
  readonly extents: number;
  /** `done`: none is left. `no runner`: what is left to be filled begins when a runner goes on. `moved on`: the rollout's state is another one. */
  readonly ended: "done" | "no runner" | "moved on";
  readonly state: Rollout["state"];
  /** True while a runner is at it: it alone ends a step. */
  readonly hasRunner: boolean;
}

/** Milliseconds between two looks at whether there is something to fill. */
const WAIT_MS = 500;

/**
 * Joins the backfill of a rollout under its runner's epoch, without its lease: fills extents until none is left. Goes on under
 * the next epoch after a takeover, and over a new connection after a lost one.
 *
 * @throws SegueError SEG0302 if the rollout is not backfilling, SEG0308 if it is cancelled, SEG0309 if the signal is aborted
 */
export async function workBeside(options: RunOptions, rollout: Pick<Rollout, "id" | "plan">): Promise<WorkEnd> {
  const work = new Work(options, rollout);
  try {
    return await reconnecting(options, rollout.plan, () => work.run());
  } catch (error) {
    const isStop = options.signal.aborted && (error === options.signal.reason || isOf(error, "SEG0309"));
    throw isStop ? stopped(rollout.plan, error) : error;
  }
}

class Work {
  readonly #options: RunOptions;
  readonly #id: string;
  readonly #plan: string;
  #extents = 0;
  /** The event before which nothing was asked of this worker; null before it has joined. */
  #since: string | null = null;

  constructor(options: RunOptions, { id, plan }: Pick<Rollout, "id" | "plan">) {
    this.#options = options;
    this.#id = id;
    this.#plan = plan;
  }

  async run(): Promise<WorkEnd> {
    const observer = await this.#open(0, "work-observer");
    try {
      return await this.#until(observer, await announcements(observer, this.#id));
    } finally {
      await observer.close();
    }
  }

  async #until(observer: Session, onAsked: OnAsked): Promise<WorkEnd> {
    for (;;) {
      const { state, epoch } = await rolloutById(observer, this.#id);
      const hasRunner = (await rolloutLockHolder(observer, this.#id)) !== null;
      const end = (ended: WorkEnd["ended"]): WorkEnd => ({ extents: this.#extents, ended, state, hasRunner });
      if (state !== "backfilling") {
        if (this.#since === null) throw notBackfilling(this.#plan, state);
        return end("moved on");
      }
      if (this.#since === null) {
        this.#since = await lastEvent(observer, this.#id);
        await recordEvent(observer, this.#id, "worker joined", { owner: this.#options.owner, epoch });
      }
      const found = await openFill(observer, this.#id);
      if (found === "none") return end("done");
      if (found === "later" && !hasRunner) return end("no runner");
      if (found === "later") await sleep(WAIT_MS, this.#options.signal);
      else await this.#fill({ observer, onAsked, epoch }, found);
    }
  }

  async #fill(
    { observer, onAsked, epoch }: { observer: Session; onAsked: OnAsked; epoch: number },
    step: BatchStep,
  ): Promise<void> {
    const frozen = await programOf(observer, this.#id);
    const program = { ...frozen, settings: completeSettings(frozen.settings, this.#options.settings ?? {}) };
    const session = await this.#open(epoch, "work");
    try {
      const context = fillContext(
        {
          session,
          observer,
          plan: this.#plan,
          rollout: this.#id,
          epoch,
          program,
          options: this.#options,
          ...furtherSessions(this.#options, this.#id, epoch, program.schema),
          onAsked,
          emit: (event) => this.#options.emit({ ...event, plan: this.#plan }),
          intents: async () => {
            const { cancel, ...others } = await intentsOf(observer, this.#id);
            // The runner takes a cancellation when it obeys it; it was meant for all.
            return { ...others, cancel: cancel || (await cancelAsked(observer, this.#id, this.#since ?? "0")) };
          },
        },
        true,
      );
      this.#extents += await joinFill(context, step);
    } catch (error) {
      if (!isOf(error, "SEG0403") || !(await this.#hasMoved(observer, epoch))) throw error;
    } finally {
      await session.close();
    }
  }

  async #hasMoved(observer: Session, from: number): Promise<boolean> {
    const { epoch, state } = await rolloutById(observer, this.#id);
    return epoch !== from || state !== "backfilling";
  }

  async #open(epoch: number, part: string): Promise<Session> {
    // By its name whoever takes the rollout over ends it, if its process hangs.
    return await openSession(this.#options.target, {
      ...connectionOf(this.#options),
      applicationName: sessionName(this.#id, epoch, part),
    });
  }
}

const isOf = (error: unknown, code: SegueError["code"]): boolean => error instanceof SegueError && error.code === code;

function notBackfilling(plan: string, state: Rollout["state"]): SegueError {
  return new SegueError("SEG0302", {
    message: `${plan} is ${state}: there is no backfill to join`,
    object: plan,
    left: "Nothing changed.",
    next: state === "expanded" ? `segue backfill ${plan}` : `segue status ${plan}`,
  });
}

function stopped(plan: string, cause: unknown): SegueError {
  return new SegueError("SEG0309", {
    message: `this worker of ${plan} was stopped on request, at the end of a batch`,
    object: plan,
    left: "What it has filled is recorded, and its extent is free for others.",
    next: `segue work ${plan} joins again; segue status ${plan}`,
    cause,
  });
}
