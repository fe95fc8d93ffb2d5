/** A stream that the demo writes to: standard output or standard error. */
export interface DemoStream {
  readonly isTTY?: boolean | undefined;
  write(text: string): unknown;
}
