import { EveryoneRoleProtected, RoleMoveDuplicate, RoleNotFound, RolePositionInvalid } from './roles.errors';

/** The roles of a guild, lowest first; the first is @everyone. A role's position is its index + 1. */
export type RoleOrder = readonly bigint[];

/** The new position of a role. */
export interface RoleMove {
  readonly id: bigint;
  readonly position: number;
}

const LOWEST = 2;

/**
 * Applies all moves together: each moved role gets its new position, and the other roles fill the remaining positions
 * in their current order.
 *
 * @throws RoleNotFound if a moved role is not in the order
 * @throws EveryoneRoleProtected if @everyone is moved to a position other than 1
 * @throws RolePositionInvalid if a position is below 2 or above the number of roles
 * @throws RoleMoveDuplicate if a role or a position is named twice
 */
export function moveRoles(order: RoleOrder, moves: readonly RoleMove[]): RoleOrder {
  const existing = new Set(order);
  const moved = new Set<bigint>();
  const targets = new Map<number, bigint>();
  for (const { id, position } of moves) {
    if (!existing.has(id)) throw new RoleNotFound();
    if (id !== order[0]) assertPosition(position, order.length);
    else if (position !== 1) throw new EveryoneRoleProtected();
    if (moved.has(id) || targets.has(position)) throw new RoleMoveDuplicate();
    moved.add(id);
    targets.set(position, id);
  }
  const rest = order.filter((id) => !moved.has(id)).values();
  return order.map((_, index) => targets.get(index + 1) ?? (rest.next().value as bigint));
}

/**
 * Inserts a new role, right above @everyone or at the given position.
 * @throws RolePositionInvalid
 */
export function placeRole(order: RoleOrder, id: bigint, position = LOWEST): RoleOrder {
  assertPosition(position, order.length + 1);
  return order.toSpliced(position - 1, 0, id);
}

/**
 * Removes a role from the order.
 * @throws RoleNotFound, EveryoneRoleProtected
 */
export function removeRole(order: RoleOrder, id: bigint): RoleOrder {
  const index = order.indexOf(id);
  if (index === 0) throw new EveryoneRoleProtected();
  if (index < 0) throw new RoleNotFound();
  return order.toSpliced(index, 1);
}

function assertPosition(position: number, highest: number): void {
  if (!Number.isInteger(position) || position < LOWEST || position > highest)
    throw new RolePositionInvalid(position, highest);
}
