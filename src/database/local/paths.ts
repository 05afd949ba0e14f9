import { isDoc } from './values';

const INDEX = /^(0|[1-9]\d*)$/;

/** Whether a part of a path can be an index into an array. */
export const isIndex = (part: string): boolean => INDEX.test(part);

/**
 * The values that a dotted path leads to, as queries see them: through every element of every array on the way, and by index. A missing
 * field is `undefined`; what is no document on the way leads nowhere.
 */
export function valuesAt(value: unknown, path: readonly string[], from = 0): unknown[] {
  if (from === path.length) return [value];
  const part = path[from]!;
  if (Array.isArray(value)) {
    const byIndex = isIndex(part) && Number(part) < value.length ? valuesAt(value[Number(part)], path, from + 1) : [];
    const byElement = value.flatMap((element) => (isDoc(element) ? valuesAt(element, path, from) : []));
    return [...byIndex, ...byElement];
  }
  if (!isDoc(value)) return [undefined];
  return Object.hasOwn(value, part) ? valuesAt(value[part], path, from + 1) : [undefined];
}

/** The same values and, where one is an array, its elements too: what a comparison is true of. */
export function candidatesAt(value: unknown, path: readonly string[]): unknown[] {
  return valuesAt(value, path).flatMap((found) => (Array.isArray(found) ? [found, ...(found as unknown[])] : [found]));
}
