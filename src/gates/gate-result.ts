/** One requirement of the contract, with its evidence. */
export interface GateResult {
  /** `verification`, `dependents`, `approval`, `query`. */
  readonly gate: string;
  readonly ok: boolean;
  /** What was found, against what was asked, and how old it is. */
  readonly detail: string;
}
