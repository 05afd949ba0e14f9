import type { Derailed } from '../../src/bootstrap';
import { Dispatcher } from '../../src/gateway/dispatch/dispatcher';
import { releasedAtTestEnd } from './held';

/** Dispatch of events that waits. */
export interface HeldDispatch {
  /** Continues to dispatch, and resolves when the first waiting event may be dispatched. */
  release(): Promise<void>;
}

/** Holds the dispatch of events, and the admission of sockets, on a node: at most until the test ends. */
export function holdDispatch(app: Derailed['app']): HeldDispatch {
  let open = (): void => undefined;
  const opened = app.get(Dispatcher).runBetweenEvents(() => new Promise<void>((resolve) => (open = resolve)));
  const release = releasedAtTestEnd(() => open());
  return {
    release: () => {
      release();
      return opened;
    },
  };
}
