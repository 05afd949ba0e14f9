/** What a Problem class says about itself, for the documentation and the error filter. */
export interface ProblemType {
  /** Stable, for programs: `ROLE_POSITION_INVALID`. */
  readonly code: string;
  /** HTTP status, 400 to 599. */
  readonly status: number;
  readonly name: string;
}

/**
 * A reason to say no: one subclass for each, serving REST, gateway and documentation alike.
 *
 * Subclasses carry `static code` and `static status`; `extra` becomes members of the problem document and tells
 * the client what it needs to do better.
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

/** RFC 9457's members, and ours: `code` for programs, and whatever the problem carries besides. */
export interface ProblemDocument {
  readonly type: string;
  readonly title: string;
  readonly status: number;
  readonly detail: string;
  readonly code: string;
  readonly [extra: string]: unknown;
}

/** The document that a client gets for a problem. */
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

/** `ROLE_POSITION_INVALID` as people read it: `Role position invalid`. */
export function titleOf(code: string): string {
  const words = code.toLowerCase().replaceAll('_', ' ');
  return words.charAt(0).toUpperCase() + words.slice(1);
}
