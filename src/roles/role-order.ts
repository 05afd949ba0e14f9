import { EveryoneRoleProtected, RoleMoveDuplicate, RoleNotFound, RolePositionInvalid } from './roles.errors';

/** The roles of a guild, lowest first; the first is @everyone. A role's position is its index + 1. */
export type RoleOrder = readonly bigint[];

/** Where one role shall be. */
export interface RoleMove {
  readonly id: bigint;
  readonly position: number;
}

const LOWEST = 2;

/**
 * The order after all moves together: each moved role stands exactly where it was asked to, and those that are not
 * mentioned keep their order among each other in the places that are left.
 *
 * @throws RoleNotFound when a moved role is not in the order
 * @throws EveryoneRoleProtected when it is @everyone and its position is not 1
 * @throws RolePositionInvalid when a position is below 2 or beyond the last role
 * @throws RoleMoveDuplicate when a role or a position is named twice
 */
export function moveRoles(order: RoleOrder, moves: readonly RoleMove[]): RoleOrder {
  const existing = new Set(order);
  const moved = new Set<bigint>();
  const taken = new Map<number, bigint>();
  for (const { id, position } of moves) {
    if (!existing.has(id)) throw new RoleNotFound();
    if (id !== order[0]) assertPosition(position, order.length);
    else if (position !== 1) throw new EveryoneRoleProtected();
    if (moved.has(id) || taken.has(position)) throw new RoleMoveDuplicate();
    moved.add(id);
    taken.set(position, id);
  }
  const rest = order.filter((id) => !moved.has(id)).values();
  return order.map((_, index) => taken.get(index + 1) ?? (rest.next().value as bigint));
}

/** The order with a new role: at the bottom, right above @everyone, or where it is asked for. @throws RolePositionInvalid */
export function placeRole(order: RoleOrder, id: bigint, position = LOWEST): RoleOrder {
  assertPosition(position, order.length + 1);
  return order.toSpliced(position - 1, 0, id);
}

/** The order without a role. @throws RoleNotFound @throws EveryoneRoleProtected */
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
