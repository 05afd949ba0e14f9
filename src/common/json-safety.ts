import { LIMITS } from './limits';

// With the flag `u`, the two halves of a pair are one character.
const UNPAIRED_SURROGATE = /\p{Surrogate}/u;
const FORBIDDEN_KEYS = new Set(['__proto__', 'constructor', 'prototype']);

/** A place in a value from outside, dotted, and what is wrong there. */
export interface JsonFault {
  readonly path: string;
  readonly reason: string;
}

/** Why a value from outside is not plain JSON within limits; undefined when it is. `path` names the place, dotted. */
export function findUnsafeKey(value: unknown, depth = 0, path = ''): JsonFault | undefined {
  if (value === null || typeof value !== 'object') return undefined;
  if (depth >= LIMITS.jsonDepth) return { path, reason: `is nested deeper than ${LIMITS.jsonDepth} levels` };
  for (const key of Object.keys(value)) {
    const place = path === '' ? key : `${path}.${key}`;
    // No field of ours is called so: it can only be meant for an object's prototype or a database operator.
    if (FORBIDDEN_KEYS.has(key) || key.startsWith('$')) return { path: place, reason: 'is not an accepted key' };
    const fault = findUnsafeKey((value as Record<string, unknown>)[key], depth + 1, place);
    if (fault) return fault;
  }
  return undefined;
}

/**
 * Returns the first string with an unpaired surrogate; undefined if there is none. Such a string has no encoding in UTF-8: several of them would be
 * stored, compared or hashed as the same text.
 *
 * @param value JSON that `jsonFault` has accepted, so that its depth is bounded
 */
export function surrogateFault(value: unknown, path = ''): JsonFault | undefined {
  if (typeof value === 'string')
    return UNPAIRED_SURROGATE.test(value) ? { path, reason: 'must not contain unpaired surrogates' } : undefined;
  if (value === null || typeof value !== 'object') return undefined;
  for (const [key, field] of Object.entries(value)) {
    const fault = surrogateFault(field, path === '' ? key : `${path}.${key}`);
    if (fault) return fault;
  }
  return undefined;
}
