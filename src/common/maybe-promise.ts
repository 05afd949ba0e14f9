/** What is there at once, or later. Whoever awaits it needn't know which. */
export type MaybePromise<Value> = Value | Promise<Value>;

/** Goes on with a value: now if it is there, so that nobody waits for what is known. */
export const thenMaybe = <Value, Result>(
  value: MaybePromise<Value>,
  next: (value: Value) => MaybePromise<Result>,
): MaybePromise<Result> => (value instanceof Promise ? value.then(next) : next(value));
