/** One thing that `segue doctor` looked at. */
export interface Finding {
  readonly check: string;
  readonly level: "ok" | "note" | "problem";
  readonly detail: string;
}
