/**
 * The application_name of a runner's sessions: `segue/<rollout>/<epoch>`, with a part for its further ones
 * (`segue/7/3/heartbeat`). By it a successor finds what an earlier epoch left running.
 */
export function sessionName(rolloutId: string, epoch: number, part?: string): string {
  return `${sessionPrefix(rolloutId)}${epoch}${part === undefined ? "" : `/${part}`}`;
}

/** What the names of all sessions of a rollout's runners begin with. */
export function sessionPrefix(rolloutId: string): string {
  return `segue/${rolloutId}/`;
}

/** Reads a name back; null if it is not of a runner. */
export function parseSessionName(name: string): { readonly rolloutId: string; readonly epoch: number } | null {
  const match = /^segue\/(\d+)\/(\d+)(?:\/.*)?$/.exec(name);
  return match === null ? null : { rolloutId: match[1] ?? "", epoch: Number(match[2]) };
}
