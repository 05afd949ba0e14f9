import { LIMITS } from './limits';

// With the flag `u`, the two halves of a valid pair are one character and do not match.
const UNPAIRED_SURROGATE = /\p{Surrogate}/u;
const FORBIDDEN_KEY = 'prototype';

/** The path of a value, dotted, and what is wrong with the value. */
export interface JsonFault {
  readonly path: string;
  readonly reason: string;
}

/**
 * Returns why a value is not plain JSON within the limits, with the dotted path of the fault; undefined if there is no
 * fault.
 */
export function findUnsafeKey(value: unknown, depth = 0, path = ''): JsonFault | undefined {
  if (value === null || typeof value !== 'object') return undefined;
  if (depth >= LIMITS.jsonDepth) return { path, reason: `is nested deeper than ${LIMITS.jsonDepth} levels` };
  for (const key of Object.keys(value)) {
    const place = path === '' ? key : `${path}.${key}`;
    // Names of object prototypes (`toString` too: class-transformer would skip it) and of database operators. No field has such a name.
    if (key === FORBIDDEN_KEY || key in Object.prototype || key.startsWith('$'))
      return { path: place, reason: 'is not an accepted key' };
    const fault = findUnsafeKey((value as Record<string, unknown>)[key], depth + 1, place);
    if (fault) return fault;
  }
  return undefined;
}

/**
 * Returns the first string with an unpaired surrogate; undefined if there is none. Such a string has no encoding in
 * UTF-8: several of them would be stored, compared or hashed as the same text.
 *
 * @param value JSON that `findUnsafeKey` has accepted, so that its depth is bounded
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
