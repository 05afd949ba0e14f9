/** Static members of a Problem class, used by the documentation and the error filter. */
export interface ProblemType {
  /** Stable identifier for programs: `ROLE_POSITION_INVALID`. */
  readonly code: string;
  /** HTTP status, 400 to 599. */
  readonly status: number;
  readonly name: string;
}

/**
 * Base class of all errors that clients receive, over REST and the gateway. Each subclass is one problem type.
 *
 * Subclasses have `static code` and `static status`. `extra` contains additional members of the problem document.
 *
 * @see https://www.rfc-editor.org/rfc/rfc9457 Problem Details for HTTP APIs
 */
export abstract class Problem extends Error {
  static readonly code: string;
  static readonly status: number;

  constructor(
    detail: string,
    readonly extra: Readonly<Record<string, unknown>> = {},
  ) {
    super(detail);
    this.name = new.target.name;
  }

  get type(): ProblemType {
    return this.constructor as unknown as ProblemType;
  }
}

/** Members of RFC 9457, and extensions: `code` for programs, and the additional members of the problem. */
export interface ProblemDocument {
  readonly type: string;
  readonly title: string;
  readonly status: number;
  readonly detail: string;
  readonly code: string;
  readonly [extra: string]: unknown;
}

/** Returns the problem document that a client receives. */
export function problemDocument(problem: Problem): ProblemDocument {
  const { code, status } = problem.type;
  return {
    type: `urn:derailed:problem:${code.toLowerCase()}`,
    title: titleOf(code),
    status,
    detail: problem.message,
    code,
    ...problem.extra,
  };
}

/** Returns the title of a code: `Role position invalid` for `ROLE_POSITION_INVALID`. */
export function titleOf(code: string): string {
  const words = code.toLowerCase().replaceAll('_', ' ');
  return words.charAt(0).toUpperCase() + words.slice(1);
}
