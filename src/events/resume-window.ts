/** Times that follow from the resume window, in milliseconds. */
export interface ResumeWindow {
  /** Maximum time between disconnect and resume. */
  readonly windowMs: number;
  /** Interval at which clients receive a recent `seq`, even if their guilds are quiet. */
  readonly heartbeatMs: number;
  /**
   * Retention time of the log: a client that resumes at the end of the window from the oldest `seq` it can have still
   * finds its entry, with some reserve.
   */
  readonly keepMs: number;
}

/** Computes the times from the resume window in seconds. */
export function resumeWindow(seconds: number): ResumeWindow {
  const windowMs = seconds * 1_000;
  return { windowMs, heartbeatMs: windowMs / 4, keepMs: windowMs * 1.5 };
}
