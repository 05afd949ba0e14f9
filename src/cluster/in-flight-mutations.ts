import type { PendingMutation } from './mutation';

/** A mutation in progress. */
export interface MutationHandle {
  /** Resolves when other nodes can find the mutation, or when Redis is unreachable. The mutation starts after that. */
  readonly recorded: Promise<void>;
  /**
   * Ends the mutation, whether it succeeded or not. The record is deleted once all events of the mutation are in the
   * log.
   */
  end(): void;
}

/**
 * Records the mutations that each node is executing, where other nodes can read them: if a node dies between a write
 * and its event, another node publishes what the dead node wrote.
 */
export abstract class InFlightMutations {
  /** Records a mutation before it starts. */
  abstract begin(mutation: PendingMutation): MutationHandle;

  /** Returns the mutations that a dead node was executing. */
  abstract listForNode(nodeId: string): Promise<readonly PendingMutation[]>;

  /** Deletes the records of a dead node after their events were republished. */
  abstract clearNode(nodeId: string): Promise<void>;

  /** Deletes the records of ended mutations. */
  abstract flush(): Promise<void>;
}

const NO_OP_HANDLE: MutationHandle = { recorded: Promise.resolve(), end: () => undefined };

/**
 * In-flight mutations of a single node. Records nothing: no other node could republish, and sockets and event log end
 * with the process.
 */
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
