import pc from "picocolors";
import type { Io, OutputStream } from "./io.ts";

export type Colors = ReturnType<typeof pc.createColors>;

type Variables = Io["env"];

const isSet = (value: string | undefined): boolean => value !== undefined && value !== "";
const isOn = (value: string | undefined): boolean => isSet(value) && value !== "0" && value !== "false";

/** Colours for a stream: `NO_COLOR` beats `FORCE_COLOR`, which beats what the terminal can do. */
export function colorsFor(stream: OutputStream, env: Variables): Colors {
  return pc.createColors(hasColors(stream, env));
}

function hasColors(stream: OutputStream, env: Variables): boolean {
  if (isSet(env["NO_COLOR"])) return false;
  if (isSet(env["FORCE_COLOR"])) return isOn(env["FORCE_COLOR"]);
  return isLive(stream, env);
}

/** True if lines on the stream can be drawn anew. */
export function isLive(stream: OutputStream, env: Variables): boolean {
  return stream.isTTY === true && env["TERM"] !== "dumb";
}

/** True if a person sits there to be asked. */
export function canAsk(io: Io): boolean {
  return io.stdin.isTTY && io.stderr.isTTY === true && !isOn(io.env["CI"]);
}
