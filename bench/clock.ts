/** Milliseconds of a clock that never goes back and that all threads of a process share. */
export function clock(): number {
  return Number(process.hrtime.bigint()) / 1e6;
}
