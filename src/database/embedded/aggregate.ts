import { docOf, numberOf, type Value } from './bson';
import { CommandError, unsupported } from './errors';
import { parseFilter } from './filter';
import type { Query } from './find';
import { equal } from './keys';

/** The stages that drivers send for `countDocuments`. The last one is always the same. */
const STAGES = /^\$match( \$limit)? \$group$/;
const COUNTING = docOf({ _id: 1, n: { $sum: 1 } });

/**
 * The query of a pipeline that counts what it finds.
 *
 * @throws CommandError NotImplemented for a pipeline that does anything else
 */
export function parseCount(pipeline: Value | undefined): Query {
  const stages = Array.isArray(pipeline)
    ? pipeline.map((stage) => (stage instanceof Map ? stage : new Map<string, Value>()))
    : [];
  const names = stages.map((stage) => [...stage.keys()].join()).join(' ');
  const given = new Map(stages.flatMap((stage) => [...stage]));
  const match = given.get('$match');
  if (!STAGES.test(names) || !(match instanceof Map) || !equal(given.get('$group') ?? null, COUNTING))
    throw unsupported(`a pipeline that does more than to count: ${names}`);
  const limit = given.get('$limit');
  return { filter: parseFilter(match), limit: limit === undefined ? 0 : positive(limit) };
}

function positive(limit: Value): number {
  const number = numberOf(limit);
  if (number === undefined || !Number.isSafeInteger(number) || number < 1)
    throw new CommandError(15958, 'Location15958', 'the limit must be positive');
  return number;
}
