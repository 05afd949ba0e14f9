import { docOf, numberOf, type Value } from './bson';
import { CommandError, typeMismatch, unsupported } from './errors';
import { parseFilter } from './filter';
import type { Query } from './find';
import { equal } from './keys';

/** What drivers make of `countDocuments`: these stages in this order, the last in these words; there may be no limit. */
const STAGES: readonly string[] = ['$match', '$limit', '$group'];
const COUNTING = docOf({ _id: 1, n: { $sum: 1 } });

/**
 * The query of a pipeline that counts what it finds.
 *
 * @throws CommandError NotImplemented for a pipeline that does anything else
 */
export function parseCount(stages: Value | undefined): Query {
  if (!Array.isArray(stages)) throw typeMismatch("'pipeline' option must be specified as an array");
  const given = new Map<string, Value>();
  let last = -1;
  for (const stage of stages) {
    const [only, ...others] = stage instanceof Map ? stage : [];
    if (!only || others.length > 0) throw new CommandError(40323, 'Location40323', 'A pipeline stage specification object must contain exactly one field.');
    const [name, operand] = only;
    const place = STAGES.indexOf(name);
    if (place <= last) throw unsupported(`the pipeline stage ${name}${place < 0 ? '' : ' in this place'}`);
    given.set(name, operand);
    last = place;
  }
  const match = given.get('$match');
  if (!(match instanceof Map)) throw new CommandError(15959, 'Location15959', 'the match filter must be an expression in an object');
  if (!equal(given.get('$group') ?? null, COUNTING)) throw unsupported('a pipeline stage that does more than to count');
  return { filter: parseFilter(match), limit: given.has('$limit') ? limitOf(given.get('$limit') as Value) : 0 };
}

function limitOf(operand: Value): number {
  const number = numberOf(operand);
  if (number === undefined || !Number.isSafeInteger(number)) throw new CommandError(5107201, 'Location5107201', 'invalid argument to $limit stage: Expected an integer');
  if (number < 1) throw new CommandError(15958, 'Location15958', 'the limit must be positive');
  return number;
}
