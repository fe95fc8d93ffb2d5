import type { Session } from "../../postgres/session.ts";

/** How gentle a fill has to be. */
export type Level = "go" | "slow" | "stop";

/** What one signal asks for, and why. */
export type Verdict =
  | { readonly level: "go" }
  | {
      readonly level: "slow" | "stop";
      /** What it is about: `replica r2`. The same while only its value changes. */
      readonly subject: string;
      /** `replica r2 lag 6.1 s > 5 s` */
      readonly reason: string;
      /** True if it stops because nobody knows. */
      readonly unreadable?: true;
    };

export const GO: Verdict = { level: "go" };

/** What the role may look at. */
export interface Rights {
  /** The current role. */
  readonly role: string;
  /** What other roles' sessions and replicas do. */
  readonly statistics: boolean;
  /** The archiver's own list of files. */
  readonly archive: boolean;
}

/** A signal that one cheap sub-select reads: all of them go in one round trip. */
export interface CatalogSignal {
  readonly source: "catalog";
  /** The key under which the settings have it. */
  readonly name: string;
  /** A scalar expression of type json. */
  sql(rights: Rights): string;
  /** @param standing true while this signal has stopped the fill */
  judge(reading: unknown, standing: boolean, rights: Rights): Verdict;
}

/** A signal that takes its time: it is read over a session of its own, while batches run. */
export interface SessionSignal {
  readonly source: "session";
  readonly name: string;
  read(session: Session): Promise<unknown>;
  judge(reading: unknown, standing: boolean): Verdict;
  /** What a reading says that has been under way for so many milliseconds; null: nothing yet. */
  overdue(elapsed: number, standing: boolean): Verdict | null;
}

export type Signal = CatalogSignal | SessionSignal;

/** The verdict of a signal that can't be read: unknown is not well. `mend` says what to do about it. */
export function unreadable(name: string, why: string, mend?: string): Verdict {
  const reason = `${name} can't be read: ${why}${mend === undefined ? "" : ` (${mend})`}`;
  return { level: "stop", subject: `${name}, unread`, reason, unreadable: true };
}
