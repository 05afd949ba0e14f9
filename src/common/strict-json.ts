import { LIMITS } from './limits';

const FORBIDDEN_KEYS = new Set(['__proto__', 'constructor', 'prototype']);

/** Why a value from outside is not plain JSON within limits; undefined when it is. `path` names the place, dotted. */
export function jsonFault(value: unknown, depth = 0, path = ''): { path: string; reason: string } | undefined {
  if (value === null || typeof value !== 'object') return undefined;
  if (depth >= LIMITS.jsonDepth) return { path, reason: `is nested deeper than ${LIMITS.jsonDepth} levels` };
  for (const key of Object.keys(value)) {
    const place = path === '' ? key : `${path}.${key}`;
    // No field of ours is called so: it can only be meant for an object's prototype or a database operator.
    if (FORBIDDEN_KEYS.has(key) || key.startsWith('$')) return { path: place, reason: 'is not an accepted key' };
    const fault = jsonFault((value as Record<string, unknown>)[key], depth + 1, place);
    if (fault) return fault;
  }
  return undefined;
}
