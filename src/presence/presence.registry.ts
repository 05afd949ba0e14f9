import type { Snowflake } from '../common/snowflake';
import type { PresenceChoice, PresenceStatus } from './presence.dto';

/** Called when the visible status of a user changed; listeners query the new status. */
export type PresenceListener = (userId: Snowflake) => void;

/** Statuses of the users on a node; users who are offline are omitted. */
export type Statuses = ReadonlyMap<Snowflake, PresenceStatus>;

/** The sockets of a user on this node, and the chosen status: undefined until it is loaded. */
interface LocalPresence {
  sockets: number;
  choice: PresenceChoice | undefined;
}

/** Precedence of statuses if nodes briefly disagree. */
const MAX_PRESENT_FIRST: readonly PresenceStatus[] = ['online', 'dnd', 'idle'];

/**
 * Visible statuses: counted from the sockets of this node and announced by the other nodes.
 *
 * Contains all users who are not offline, so that no query is needed. Invisible users are treated as offline, also in
 * announcements to other nodes.
 */
export class PresenceRegistry {
  private readonly local = new Map<Snowflake, LocalPresence>();
  private readonly remote = new Map<string, Map<Snowflake, PresenceStatus>>();
  /** Users without a socket since a time in milliseconds, within the grace period; in order of disconnection. */
  private readonly leaving = new Map<Snowflake, number>();
  private readonly listeners: PresenceListener[] = [];
  private readonly ownListeners: PresenceListener[] = [];
  private timer: NodeJS.Timeout | undefined;

  /**
   * @param graceMs milliseconds for which a user without a socket still counts as connected, so that a reconnect causes
   * no change
   */
  constructor(readonly graceMs: number) {}

  /** Returns the visible status of a user. */
  statusOf(userId: Snowflake): PresenceStatus {
    const statuses = [this.ownStatusOf(userId), ...[...this.remote.values()].map((existing) => existing.get(userId))];
    return MAX_PRESENT_FIRST.find((status) => statuses.includes(status)) ?? 'offline';
  }

  /** Returns the visible status of a user according to the sockets of this node. */
  ownStatusOf(userId: Snowflake): PresenceStatus {
    const choice = this.local.get(userId)?.choice;
    return choice === undefined || choice === 'invisible' ? 'offline' : choice;
  }

  /** The visible users of this node. */
  get own(): Statuses {
    return new Map(
      [...this.local.keys()]
        .map((id) => [id, this.ownStatusOf(id)] as const)
        .filter(([, status]) => status !== 'offline'),
    );
  }

  /** Calls the listener when the visible status of a user changed. */
  onChange(listener: PresenceListener): void {
    this.listeners.push(listener);
  }

  /** Calls the listener when the status of a user on this node changed. */
  onOwnChange(listener: PresenceListener): void {
    this.ownListeners.push(listener);
  }

  /** Counts a socket of a user, who becomes visible when the chosen status is loaded. */
  connect(userId: Snowflake): void {
    const visit = this.local.get(userId) ?? { sockets: 0, choice: undefined };
    visit.sockets += 1;
    this.local.set(userId, visit);
    this.leaving.delete(userId);
  }

  /** Sets the stored status of a user who connected, unless the user chose another one meanwhile. */
  setInitial(userId: Snowflake, choice: PresenceChoice): void {
    const visit = this.local.get(userId);
    if (visit && visit.choice === undefined) this.choose(userId, choice);
  }

  /** Sets the chosen status of a user, if the user is connected to this node. */
  choose(userId: Snowflake, choice: PresenceChoice): void {
    const visit = this.local.get(userId);
    if (visit) this.change([userId], () => (visit.choice = choice));
  }

  /** Removes a socket of a user. */
  disconnect(userId: Snowflake): void {
    const visit = this.local.get(userId);
    if (!visit) return;
    visit.sockets -= 1;
    if (visit.sockets > 0) return;
    this.leaving.set(userId, Date.now());
    if (this.graceMs === 0) this.expire();
    else this.wait();
  }

  /** Applies changed statuses of another node. */
  applyRemote(nodeId: string, statuses: Statuses): void {
    const existing = this.remote.get(nodeId) ?? new Map<Snowflake, PresenceStatus>();
    this.remote.set(nodeId, existing);
    this.change([...statuses.keys()], () => {
      for (const [userId, status] of statuses) {
        if (status === 'offline') existing.delete(userId);
        else existing.set(userId, status);
      }
    });
    if (existing.size === 0) this.remote.delete(nodeId);
  }

  /** Replaces all statuses of another node. */
  replaceRemote(nodeId: string, statuses: Statuses): void {
    const gone = [...(this.remote.get(nodeId)?.keys() ?? [])].filter((id) => !statuses.has(id));
    this.applyRemote(nodeId, new Map([...statuses, ...gone.map((id) => [id, 'offline'] as const)]));
  }

  /** Stops the timer of the grace period. */
  stop(): void {
    clearTimeout(this.timer);
  }

  private wait(): void {
    const [first] = this.leaving.values();
    if (this.timer || first === undefined) return;
    this.timer = setTimeout(
      () => {
        this.timer = undefined;
        this.expire();
        this.wait();
      },
      Math.max(0, first + this.graceMs - Date.now()),
    ).unref();
  }

  private expire(): void {
    const latest = Date.now() - this.graceMs;
    for (const [userId, sinceMs] of this.leaving) {
      if (sinceMs > latest) return;
      this.leaving.delete(userId);
      this.change([userId], () => this.local.delete(userId));
    }
  }

  private change(userIds: readonly Snowflake[], make: () => void): void {
    const before = userIds.map((id) => ({ id, own: this.ownStatusOf(id), status: this.statusOf(id) }));
    make();
    for (const { id, own, status } of before) {
      if (this.ownStatusOf(id) !== own) for (const tell of this.ownListeners) tell(id);
      if (this.statusOf(id) !== status) for (const tell of this.listeners) tell(id);
    }
  }
}
