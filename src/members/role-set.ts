import { createHash } from 'node:crypto';
import type { Snowflake } from '../common/snowflake';

/** Returns the key of a set of roles: the same short text for the same roles in any order. */
export const roleSetOf = (roleIds: readonly Snowflake[]): string =>
  createHash('sha256').update(roleIds.map(String).sort().join()).digest('base64url').slice(0, 22);
