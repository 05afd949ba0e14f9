/** A node that is gone. */
export interface DeadNode {
  readonly id: string;
  /** Whether it may have gone while Redis was away, with events that it could not append. */
  readonly mayHaveUnpublishedEvents: boolean;
}

/** Called on one of the other nodes. Called again, there or elsewhere, until it has once resolved: what it does can be repeated. */
export type NodeDownListener = (gone: DeadNode) => Promise<void>;

/** The nodes that run together, as this one knows them. */
export abstract class NodeRegistry {
  /** Under what the others know this node. Another one from the moment on that they have taken it for gone, so that nothing under the new one is ever cleaned up as somebody's who is gone. */
  abstract get id(): string;

  /** Those who are alive, this node among them. */
  abstract get aliveIds(): readonly string[];

  /** Takes over what nodes leave behind; to be called before the application has booted. */
  abstract onNodeDown(listener: NodeDownListener): void;

  /** Calls the listener when this node has another id, because the others took it for gone or Redis forgot it: what it announced has to be announced again. */
  abstract onReidentified(listener: () => void): void;

  /** Takes over from the gone from now on: all who take over anything are there. */
  abstract startFailover(): void;

  /** Says goodbye, so that the others need not find out. */
  abstract leave(): Promise<void>;
}

/** One node alone: always alive, and nobody is ever gone. */
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
