/** One of the process's output streams. */
export interface OutputStream extends NodeJS.WritableStream {
  readonly isTTY?: boolean | undefined;
  /** Width of the terminal. */
  readonly columns?: number | undefined;
}

/** What a process has of the world: its streams, environment and working directory. Tests give their own. */
export interface Io {
  readonly stdin: NodeJS.ReadStream;
  /** Results. */
  readonly stdout: OutputStream;
  /** Progress, questions, logs and errors. */
  readonly stderr: OutputStream;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly cwd: string;
  /** True once nobody reads stdout any more. */
  readonly isClosed: () => boolean;
}
