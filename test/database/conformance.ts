import { mongo } from 'mongoose';

const { EJSON } = mongo.BSON;

/** Types stay as they are on the wire, so that an int32 and an int64 are distinguished. */
export const RAW = { promoteValues: false, promoteLongs: false, useBigInt64: false, ignoreUndefined: false } as const;

/** What a database answered: text that is equal when the answers are, error codes included. */
export async function outcome(attempt: () => Promise<unknown>): Promise<string> {
  try {
    return EJSON.stringify(await attempt(), { relaxed: false });
  } catch (error) {
    const { code, message } = error as { code?: number; message: string };
    return `error ${code ?? message}`;
  }
}

/** Whether the embedded database refused what it doesn't support. */
export const isRefusal = (result: string): boolean => result === 'error 238';

/** How the comparison of two databases went. */
export class OutcomeCounter {
  same = 0;
  refused = 0;
  readonly different = new Map<string, number>();

  /** Counts one comparison; the difference, unless it is one that is known by name. */
  compare(embedded: string, other: string, existing?: Known): string | undefined {
    if (isRefusal(embedded)) this.refused += 1;
    else if (embedded === other) this.same += 1;
    else {
      const name = existing?.(embedded, other);
      if (!name) return `embedded: ${embedded}\nother:    ${other}`;
      this.different.set(name, (this.different.get(name) ?? 0) + 1);
    }
    return undefined;
  }

  toString(): string {
    const byName = [...this.different].map(([name, count]) => `${count} ${name}`).join(', ');
    return `${this.same} the same, ${this.refused} refused, different: ${byName || 'none'}`;
  }
}

/** Names a difference that is known, from what both answered. */
export type Known = (embedded: string, other: string) => string | undefined;

// Where the compatible server that was used leaves what MongoDB's manual and sources say, by name.

/** An answer with the fields of its documents in one order. */
const ordered = (answer: string): string =>
  JSON.stringify(JSON.parse(answer), (_, value: unknown) =>
    typeof value === 'object' && value !== null && !Array.isArray(value)
      ? Object.fromEntries(Object.entries(value).toSorted())
      : value,
  );

const isError = (answer: string): boolean => answer.startsWith('error');

const knownOfOrder: Known = (embedded, other) =>
  !isError(embedded) && !isError(other) && ordered(embedded) === ordered(other)
    ? 'the fields that an update makes: in the order of their names'
    : undefined;

export const knownOfUpdate =
  (update: Record<string, Record<string, unknown>>): Known =>
  (embedded, other) => {
    if (embedded === 'error 40') return 'paths in conflict: refused even when nothing matches';
    if (update.$unset && other.startsWith('error')) return '$unset: passes over what it cannot reach';
    if (Object.keys(update.$pull ?? {}).some((path) => path.includes('.')))
      return 'what only takes away: makes neither fields nor elements';
    if (Object.values(update.$inc ?? {}).some((by) => Number(by) === 0)) return '$inc by zero: changes nothing';
    if (update.$inc && embedded === 'error 14') return '$inc of a boolean: TypeMismatch';
    if (embedded.startsWith('error') && other.startsWith('error')) return 'which of several errors';
    return knownOfOrder(embedded, other);
  };

const NOTHING = '"lastErrorObject":{"n":{"$numberInt":"0"},"updatedExisting":false}';
const ONE = '"lastErrorObject":{"n":{"$numberInt":"1"},"updatedExisting":true}';

// MongoDB shows the element of the index entry that exists twice.
const KEY_VALUE = /"keyValue":\{"\w+":[^\[\]{}]*\}/;
const KEY_VALUE_OF_ARRAY = /"keyValue":\{"\w+":\[[^\]]*\]\}/;

export const knownOfAnswer: Known = (embedded, other) => {
  if (!isError(embedded) && other.includes(NOTHING) && ordered(embedded) === ordered(other.replace(NOTHING, () => ONE)))
    return 'findAndModify that changes nothing: returns what it found';
  if (KEY_VALUE_OF_ARRAY.test(other) && other.replace(KEY_VALUE_OF_ARRAY, '') === embedded.replace(KEY_VALUE, ''))
    return 'the duplicate element of an array: shows the whole array';
  return knownOfOrder(embedded, other);
};
