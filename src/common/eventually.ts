/** What is there at once, or later. Whoever awaits it needn't know which. */
export type Eventually<Value> = Value | Promise<Value>;

/** Goes on with a value: now if it is there, so that nobody waits for what is known. */
export const andThen = <Value, Result>(value: Eventually<Value>, next: (value: Value) => Eventually<Result>): Eventually<Result> => (value instanceof Promise ? value.then(next) : next(value));
