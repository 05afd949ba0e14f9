import { FILE_SUFFIX } from './settings';
import { itemAt } from '../common/existing';

// Prefixes that no other program is likely to use.
const OWN_PREFIXES = ['GATEWAY_', 'RATE_', 'METRICS_'];
// Variables that are for Node.js, the shell or Compose, also in a `.env` file.
const FOREIGN = /^(NODE|npm|COMPOSE|DOCKER|UV|LC)_|^(TZ|LANG|PATH|HOME|NODE_ENV)$/;
const SHORT_NAME = 5;

/** A variable that looks like a setting of Derailed and is none. */
export interface UnknownSetting {
  readonly name: string;
  /** The setting with the most similar name, if one is similar. */
  readonly suggestion: string | undefined;
}

/**
 * Finds variables that look like misspelled settings: every foreign name in the `.env` file, and in the environment those with a prefix of Derailed
 * or with a name that differs from a setting in one or two letters.
 */
export function findUnknownSettings(
  environment: object,
  envFile: object,
  existing: readonly string[],
): UnknownSetting[] {
  const names = new Set(existing.flatMap((name) => [name, name + FILE_SUFFIX]));
  const written = new Set(Object.keys(envFile));
  return [...new Set([...Object.keys(environment), ...written])]
    .filter((name) => !names.has(name) && !FOREIGN.test(name))
    .map((name) => ({ name, suggestion: mostSimilar(name, existing) }))
    .filter(
      ({ name, suggestion }) =>
        suggestion !== undefined || written.has(name) || OWN_PREFIXES.some((prefix) => name.startsWith(prefix)),
    );
}

/** Returns one line for each unknown setting. */
export const describeUnknownSettings = (unknown: readonly UnknownSetting[]): string[] =>
  unknown.map(
    ({ name, suggestion }) =>
      `${name} is not a setting of Derailed${suggestion === undefined ? '' : `; did you mean ${suggestion}?`}`,
  );

function mostSimilar(name: string, existing: readonly string[]): string | undefined {
  const [nearest] = existing
    .map((candidate) => ({ candidate, distance: editDistance(name.toUpperCase(), candidate) }))
    .toSorted((a, b) => a.distance - b.distance);
  return nearest && nearest.distance <= (nearest.candidate.length <= SHORT_NAME ? 1 : 2)
    ? nearest.candidate
    : undefined;
}

/** The number of insertions, deletions, replacements and swaps of neighbors between two texts (optimal string alignment). */
export function editDistance(a: string, b: string): number {
  let [before, previous]: [number[], number[]] = [[], Array.from({ length: b.length + 1 }, (_, index) => index)];
  for (let i = 1; i <= a.length; i += 1) {
    const current = [i];
    for (let j = 1; j <= b.length; j += 1) {
      const isSame = a[i - 1] === b[j - 1];
      const isSwap = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1];
      current[j] = Math.min(
        itemAt(previous, j) + 1,
        itemAt(current, j - 1) + 1,
        itemAt(previous, j - 1) + (isSame ? 0 : 1),
        isSwap ? itemAt(before, j - 2) + 1 : Infinity,
      );
    }
    [before, previous] = [previous, current];
  }
  return itemAt(previous, b.length);
}
