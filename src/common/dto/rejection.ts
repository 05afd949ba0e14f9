/** Why a value cannot be read. */
export interface ReadProblem {
  /** Path inside the value: the index of an item, for example. */
  readonly path: readonly string[];
  readonly problem: string;
  readonly limit?: number;
}

/** Stands for a value that cannot be read, until class-validator reports it: class-transformer has no way to report an error. */
export class Rejection {
  constructor(readonly problems: readonly ReadProblem[]) {}
}
