/** One requirement of the contract, with its evidence. */
export interface GateResult {
  /** `verification`, `dependents`, `approval`, `query`. */
  readonly gate: string;
  /** null for a verification that was not run: it reads every row, and only the contract does that. */
  readonly ok: boolean | null;
  /** What was found, against what was asked, and how old it is. */
  readonly detail: string;
}
