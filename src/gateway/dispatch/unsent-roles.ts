import type { Snowflake } from '../../common/snowflake';
import type { DomainEvent } from '../../events/event-log';
import { isNamed } from '../../events/event-map';

// An event overtakes others by milliseconds, during which a guild deletes far fewer roles.
const MAX_DELETED = 200;

/**
 * Detects when clients can derive another role order from events than the stored order.
 *
 * An event states the position of a role in the newest order, and a client inserts the role into the order that it has. The result is correct if
 * the two orders differ by this role only. They differ by more if several changes were committed before the event of the first was dispatched, or
 * if events of two nodes arrive in another order than the commits.
 */
export class UnsentRoles {
  /** Roles that were created or deleted, and whose event was not dispatched yet. */
  private readonly roleIds = new Set<Snowflake>();
  private isOrderUncertain = false;
  private readonly deletedIds = new Set<Snowflake>();

  /** Returns whether an event creates a role whose ROLE_DELETE was dispatched before. Clients would keep the role. */
  isOutdated(event: DomainEvent): boolean {
    return isNamed(event, 'ROLE_CREATE') && this.deletedIds.has(event.data.id);
  }

  /** Notes the roles that a new role order adds or removes. */
  note(before: readonly Snowflake[], after: readonly Snowflake[]): void {
    if (before === after) return;
    const [old, current] = [new Set(before), new Set(after)];
    for (const id of after) if (!old.has(id)) this.roleIds.add(id);
    for (const id of before) if (!current.has(id)) this.roleIds.add(id);
  }

  /**
   * Notes an event that is dispatched. Returns whether the whole role order must follow the event.
   *
   * @param order the stored role order
   */
  settle(event: DomainEvent, order: readonly Snowflake[]): boolean {
    const isReorder = isNamed(event, 'ROLES_REORDER');
    if (isNamed(event, 'ROLE_CREATE')) this.noteCreation(event.data.id, order);
    else if (isNamed(event, 'ROLE_DELETE')) this.noteDeletion(event.data.role_id);
    else if (!isReorder) return false;
    const areOthersUnsent = this.roleIds.size > 0;
    const mustFollow = !isReorder && (areOthersUnsent || this.isOrderUncertain);
    this.isOrderUncertain = areOthersUnsent;
    return mustFollow;
  }

  // If the role is deleted already, its ROLE_DELETE is still to come.
  private noteCreation(id: Snowflake, order: readonly Snowflake[]): void {
    if (order.includes(id)) this.roleIds.delete(id);
    else this.roleIds.add(id);
  }

  private noteDeletion(id: Snowflake): void {
    this.roleIds.delete(id);
    this.deletedIds.add(id);
    const [oldest] = this.deletedIds;
    if (this.deletedIds.size > MAX_DELETED && oldest !== undefined) this.deletedIds.delete(oldest);
  }

  /** Forgets all roles. Called when clients receive the whole guild. */
  clear(): void {
    this.roleIds.clear();
    this.isOrderUncertain = false;
  }
}
