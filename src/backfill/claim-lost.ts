/** A batch, of which nothing was committed: its extent is another worker's by now, or its leaf was begun again. */
export class ClaimLost extends Error {
  constructor(owner: string, cause: unknown) {
    super(`${owner} has lost its claim`, { cause });
    this.name = "ClaimLost";
  }
}
