import type { Change } from './change';

/** A change that is under way. */
export interface Ticket {
  /** Resolves when the others can find out about it, or can't be told. Nothing is changed before. */
  readonly noted: Promise<void>;
  /** It is over, however it ended: taken out once all of its events are in the log. */
  end(): void;
}

/**
 * What each node is changing right now, kept where the others find it: between a write and its event a node may die, and then somebody else has to
 * tell what it wrote.
 */
export abstract class Underway {
  /** Notes that something is about to be changed. */
  abstract begin(change: Change): Ticket;

  /** What a node that is gone was changing. */
  abstract leftBy(nodeId: string): Promise<readonly Change[]>;

  /** Forgets what a node was changing: it was told. */
  abstract forget(nodeId: string): Promise<void>;

  /** Takes out what is over. */
  abstract flush(): Promise<void>;
}

const NOTHING: Ticket = { noted: Promise.resolve(), end: () => undefined };

/** Where there is nobody else who could tell: a node that is alone takes its sockets and its log along. */
export class LocalUnderway extends Underway {
  override begin(): Ticket {
    return NOTHING;
  }

  override leftBy(): Promise<readonly Change[]> {
    return Promise.resolve([]);
  }

  override forget(): Promise<void> {
    return Promise.resolve();
  }

  override flush(): Promise<void> {
    return Promise.resolve();
  }
}
