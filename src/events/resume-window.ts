/** How far back a client may resume, and what follows from that; all in milliseconds. */
export interface ResumeWindow {
  /** How long a client may be away. */
  readonly windowMs: number;
  /** How often a client is told its place in the log, so that it has a young one however quiet its guilds are. */
  readonly heartbeatMs: number;
  /** How long the log is kept: whoever comes back at the last moment with the oldest place that they can have still finds it, with some to spare. */
  readonly keepMs: number;
}

/** What follows from the seconds that a client may be away. */
export function resumeWindow(seconds: number): ResumeWindow {
  const windowMs = seconds * 1_000;
  return { windowMs, heartbeatMs: windowMs / 4, keepMs: windowMs * 1.5 };
}
