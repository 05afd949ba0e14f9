import type { Snowflake } from '../common/snowflake';
import type { PresenceChoice, PresenceStatus } from './presence.dto';

/** Told whenever somebody looks different; what they look like now is for who wants to know to ask. */
export type PresenceListener = (userId: Snowflake) => void;

/** Who looks like what on a node, those left out being offline. */
export type Statuses = ReadonlyMap<Snowflake, PresenceStatus>;

/** The sockets that somebody has on this node, and what they want to look like: undefined until that is known. */
interface LocalPresence {
  sockets: number;
  choice: PresenceChoice | undefined;
}

/** Should nodes not agree for a moment. */
const MAX_PRESENT_FIRST: readonly PresenceStatus[] = ['online', 'dnd', 'idle'];

/**
 * Who is there: counted over the sockets of this node, and told by the other ones.
 *
 * Everybody who isn't offline is known here, so that nothing has to be asked for when somebody looks. Who is invisible is like somebody who is
 * not there: nobody is told that they come or go, other nodes included.
 */
export class PresenceRegistry {
  private readonly local = new Map<Snowflake, LocalPresence>();
  private readonly remote = new Map<string, Map<Snowflake, PresenceStatus>>();
  /** Whose last socket here is gone, and when it went; the first to go is the first in it. */
  private readonly leaving = new Map<Snowflake, number>();
  private readonly listeners: PresenceListener[] = [];
  private readonly ownListeners: PresenceListener[] = [];
  private timer: NodeJS.Timeout | undefined;

  /** @param graceMs for how long somebody without a socket still counts as being there, so that coming back isn't seen */
  constructor(readonly graceMs: number) {}

  /** What others see of somebody. */
  statusOf(userId: Snowflake): PresenceStatus {
    const statuses = [this.ownStatusOf(userId), ...[...this.remote.values()].map((existing) => existing.get(userId))];
    return MAX_PRESENT_FIRST.find((status) => statuses.includes(status)) ?? 'offline';
  }

  /** What others see of somebody as far as this node goes. */
  ownStatusOf(userId: Snowflake): PresenceStatus {
    const choice = this.local.get(userId)?.choice;
    return choice === undefined || choice === 'invisible' ? 'offline' : choice;
  }

  /** Everybody whom others see because of this node. */
  get own(): Statuses {
    return new Map(
      [...this.local.keys()]
        .map((id) => [id, this.ownStatusOf(id)] as const)
        .filter(([, status]) => status !== 'offline'),
    );
  }

  /** Calls the listener whenever somebody looks different to others. */
  onChange(listener: PresenceListener): void {
    this.listeners.push(listener);
  }

  /** Calls the listener whenever somebody does as far as this node goes. */
  onOwnChange(listener: PresenceListener): void {
    this.ownListeners.push(listener);
  }

  /** Counts a socket of somebody. They are seen once their choice is known. */
  connect(userId: Snowflake): void {
    const visit = this.local.get(userId) ?? { sockets: 0, choice: undefined };
    visit.sockets += 1;
    this.local.set(userId, visit);
    this.leaving.delete(userId);
  }

  /** What somebody who arrived had chosen, unless they chose since. */
  setInitial(userId: Snowflake, choice: PresenceChoice): void {
    const visit = this.local.get(userId);
    if (visit && visit.choice === undefined) this.choose(userId, choice);
  }

  /** What somebody wants to look like from now on, in case they are here. */
  choose(userId: Snowflake, choice: PresenceChoice): void {
    const visit = this.local.get(userId);
    if (visit) this.change([userId], () => (visit.choice = choice));
  }

  /** Counts a socket of somebody no more. */
  disconnect(userId: Snowflake): void {
    const visit = this.local.get(userId);
    if (!visit) return;
    visit.sockets -= 1;
    if (visit.sockets > 0) return;
    this.leaving.set(userId, Date.now());
    if (this.graceMs === 0) this.expire();
    else this.wait();
  }

  /** Sees those of another node as it tells. */
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

  /** Sees exactly these of another node. */
  replaceRemote(nodeId: string, statuses: Statuses): void {
    const gone = [...(this.remote.get(nodeId)?.keys() ?? [])].filter((id) => !statuses.has(id));
    this.applyRemote(nodeId, new Map([...statuses, ...gone.map((id) => [id, 'offline'] as const)]));
  }

  /** Lets nobody else go. */
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
