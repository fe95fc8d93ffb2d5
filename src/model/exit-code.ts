/** What a process of the command line ends with (docs/cli.md). */
export const EXIT = {
  done: 0,
  failed: 1,
  workPending: 2,
  refused: 3,
  timedOut: 4,
  leaseHeld: 5,
  usage: 64,
  interrupted: 130,
  terminated: 143,
} as const;
export type ExitCode = (typeof EXIT)[keyof typeof EXIT];
