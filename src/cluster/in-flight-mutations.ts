import type { PendingMutation } from './mutation';

/** A change that is under way. */
export interface MutationHandle {
  /** Resolves when the others can find out about it, or can't be told. Nothing is changed before. */
  readonly recorded: Promise<void>;
  /** It is over, however it ended: taken out once all of its events are in the log. */
  end(): void;
}

/**
 * What each node is changing right now, kept where the others find it: between a write and its event a node may die, and then somebody else has to
 * tell what it wrote.
 */
export abstract class InFlightMutations {
  /** Notes that something is about to be changed. */
  abstract begin(change: PendingMutation): MutationHandle;

  /** What a node that is gone was changing. */
  abstract listForNode(nodeId: string): Promise<readonly PendingMutation[]>;

  /** Forgets what a node was changing: it was told. */
  abstract clearNode(nodeId: string): Promise<void>;

  /** Takes out what is over. */
  abstract flush(): Promise<void>;
}

const NO_OP_HANDLE: MutationHandle = { recorded: Promise.resolve(), end: () => undefined };

/** Where there is nobody else who could tell: a node that is alone takes its sockets and its log along. */
export class SingleNodeInFlightMutations extends InFlightMutations {
  override begin(): MutationHandle {
    return NO_OP_HANDLE;
  }

  override listForNode(): Promise<readonly PendingMutation[]> {
    return Promise.resolve([]);
  }

  override clearNode(): Promise<void> {
    return Promise.resolve();
  }

  override flush(): Promise<void> {
    return Promise.resolve();
  }
}
