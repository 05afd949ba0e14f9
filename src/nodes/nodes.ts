/** A node that is gone. */
export interface GoneNode {
  readonly id: string;
  /** Whether it may have gone while Redis was away, with events that it could not append. */
  readonly wentUnheard: boolean;
}

/** Called on one of the other nodes. Called again, there or elsewhere, until it has once resolved: what it does can be repeated. */
export type GoneListener = (gone: GoneNode) => Promise<void>;

/** The nodes that run together, as this one knows them. */
export abstract class Nodes {
  /** Under what the others know this node. Another one from the moment on that they have taken it for gone, so that nothing under the new one is ever cleaned up as somebody's who is gone. */
  abstract get id(): string;

  /** Those who are alive, this node among them. */
  abstract get living(): readonly string[];

  /** Takes over what nodes leave behind; to be called before the application has booted. */
  abstract onGone(listener: GoneListener): void;

  /** Calls the listener when this node has another id, because the others took it for gone or Redis forgot it: what it announced has to be announced again. */
  abstract onRenamed(listener: () => void): void;

  /** Takes over from the gone from now on: all who take over anything are there. */
  abstract takeOver(): void;

  /** Says goodbye, so that the others need not find out. */
  abstract leave(): Promise<void>;
}

/** One node alone: always alive, and nobody is ever gone. */
export class LocalNodes extends Nodes {
  readonly id = 'alone';
  readonly living = [this.id];

  override onGone(): void {
    return undefined;
  }

  override onRenamed(): void {
    return undefined;
  }

  override takeOver(): void {
    return undefined;
  }

  override leave(): Promise<void> {
    return Promise.resolve();
  }
}
