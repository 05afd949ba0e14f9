/** A node that stopped or crashed. */
export interface DeadNode {
  readonly id: string;
  /** Whether the node may have stopped while Redis was unreachable, with events that it could not append. */
  readonly mayHaveUnpublishedEvents: boolean;
}

/**
 * Called on one of the remaining nodes, and called again on this or another node until it resolves. The work must be
 * idempotent.
 */
export type NodeDownListener = (dead: DeadNode) => Promise<void>;

/** The running nodes of the cluster, as seen by this node. */
export abstract class NodeRegistry {
  /**
   * Id of this node in the cluster. It changes if the other nodes declare this node dead, so that data stored under the
   * new id is never cleaned up as that of a dead node.
   */
  abstract get id(): string;

  /** Ids of the nodes that are alive, including this node. */
  abstract get aliveIds(): readonly string[];

  /** Adds a listener that takes over from dead nodes. Call it before the application has booted. */
  abstract onNodeDown(listener: NodeDownListener): void;

  /**
   * Calls the listener when this node gets another id, because other nodes declared it dead or Redis lost its data.
   * Everything announced under the old id has to be announced again.
   */
  abstract onReidentified(listener: () => void): void;

  /** Starts to take over from dead nodes. All listeners must be registered. */
  abstract startFailover(): void;

  /** Leaves the cluster, so that the other nodes need not wait for a timeout. */
  abstract leave(): Promise<void>;
}

/** A cluster of one node, which is always alive. */
export class SingleNodeRegistry extends NodeRegistry {
  readonly id = 'alone';
  readonly aliveIds = [this.id];

  override onNodeDown(): void {
    return undefined;
  }

  override onReidentified(): void {
    return undefined;
  }

  override startFailover(): void {
    return undefined;
  }

  override leave(): Promise<void> {
    return Promise.resolve();
  }
}
