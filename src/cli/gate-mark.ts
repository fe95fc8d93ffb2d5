import type { Colors } from "./terminal.ts";

/** How a gate stands, in one character. null: not looked at. */
export function gateMark(ok: boolean | null, colors: Colors): string {
  if (ok === null) return colors.yellow("·");
  return ok ? colors.green("✔") : colors.red("✖");
}
