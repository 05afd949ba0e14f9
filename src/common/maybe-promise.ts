/** A value that is available now or later; `await` accepts both. */
export type MaybePromise<Value> = Value | Promise<Value>;

/**
 * Applies a function to a value: synchronously if the value is available, so that cached values cost no turn of the
 * event loop.
 */
export const thenMaybe = <Value, Result>(
  value: MaybePromise<Value>,
  next: (value: Value) => MaybePromise<Result>,
): MaybePromise<Result> => (value instanceof Promise ? value.then(next) : next(value));
