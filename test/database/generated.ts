import * as fc from 'fast-check';
import { mongo } from 'mongoose';

/** Documents, filters and updates at random, within what the embedded database supports. */

const { Double, Long, ObjectId } = mongo;

const small = fc.integer({ min: -2, max: 3 });

/** Few values of every kind, so that they meet often. */
export const scalar: fc.Arbitrary<unknown> = fc.oneof(
  { weight: 3, arbitrary: small },
  { weight: 2, arbitrary: small.map((n) => Long.fromNumber(n)) },
  { weight: 2, arbitrary: fc.constantFrom(1, -0.5, 0.5, 1.5, 2).map((n) => new Double(n)) },
  {
    weight: 1,
    arbitrary: fc
      .constantFrom('9007199254740993', '9223372036854775807', '-9007199254740993')
      .map((n) => Long.fromString(n)),
  },
  { weight: 2, arbitrary: fc.constantFrom('', 'a', 'ab', 'b', 'é') },
  { weight: 2, arbitrary: fc.constant(null) },
  { weight: 1, arbitrary: fc.boolean() },
  { weight: 1, arbitrary: fc.constantFrom(0, 1000).map((ms) => new Date(ms)) },
  {
    weight: 1,
    arbitrary: fc.constantFrom('5f0000000000000000000001', '5f0000000000000000000002').map((hex) => new ObjectId(hex)),
  },
);

const field = fc.constantFrom('b', 'c');

export const value: fc.Arbitrary<unknown> = fc.letrec<{ value: unknown }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 2 },
    { weight: 4, arbitrary: scalar },
    { weight: 1, arbitrary: fc.array(tie('value'), { maxLength: 3 }) },
    { weight: 1, arbitrary: fc.dictionary(field, tie('value'), { maxKeys: 2 }) },
    { weight: 1, arbitrary: fc.array(fc.dictionary(field, scalar, { maxKeys: 2 }), { maxLength: 3 }) },
  ),
})).value;

export const document = fc.record({ a: value, b: value, c: scalar }, { requiredKeys: [] });

export const path = fc.constantFrom('a', 'b', 'c', 'a.b', 'a.c', 'b.b', 'a.0', 'a.1', 'a.0.b');

const comparison = fc
  .tuple(fc.constantFrom('$eq', '$gt', '$gte', '$lt', '$lte', '$ne'), value)
  .map(([operator, operand]) => ({ [operator]: operand }));

const valueCondition = fc.oneof(
  comparison,
  fc.array(value, { maxLength: 3 }).map((operand) => ({ $in: operand })),
);

const condition: fc.Arbitrary<Record<string, unknown>> = fc.oneof(
  { weight: 4, arbitrary: valueCondition },
  { weight: 1, arbitrary: fc.boolean().map((exists) => ({ $exists: exists })) },
  { weight: 1, arbitrary: fc.tuple(comparison, comparison).map(([a, b]) => ({ ...a, ...b })) },
);

const oneField = fc
  .tuple(path, fc.oneof({ weight: 3, arbitrary: condition }, { weight: 1, arbitrary: value }))
  .map(([name, wanted]) => ({ [name]: wanted }));

export const filter: fc.Arbitrary<Record<string, unknown>> = fc.oneof(
  { weight: 4, arbitrary: oneField },
  { weight: 1, arbitrary: fc.tuple(oneField, oneField).map(([a, b]) => ({ ...a, ...b })) },
  {
    weight: 1,
    arbitrary: fc.array(oneField, { minLength: 1, maxLength: 3 }).map((all) => ({ $or: all })),
  },
);

const numbers = fc.oneof(
  small,
  small.map((n) => Long.fromNumber(n)),
  fc.constant(new Double(0.5)),
);

/** Where an update may change something: not at a place in an array. */
const changed = fc.constantFrom('a', 'b', 'c', 'a.b', 'a.c', 'b.b');

const modifier: fc.Arbitrary<Record<string, unknown>> = fc.oneof(
  fc
    .tuple(fc.constantFrom('$set', '$max'), changed, value)
    .map(([name, at, operand]) => ({ [name]: { [at]: operand } })),
  fc.tuple(changed).map(([at]) => ({ $unset: { [at]: '' } })),
  fc.tuple(changed, numbers).map(([at, operand]) => ({ $inc: { [at]: operand } })),
  fc.tuple(changed, value).map(([at, operand]) => ({ $addToSet: { [at]: operand } })),
  fc.tuple(changed, fc.oneof(value, valueCondition)).map(([at, operand]) => ({ $pull: { [at]: operand } })),
  fc.tuple(changed, value).map(([at, operand]) => ({ $setOnInsert: { [at]: operand } })),
);

/** One modifier, or two together. */
export const update: fc.Arbitrary<Record<string, Record<string, unknown>>> = fc.oneof(
  { weight: 4, arbitrary: modifier as fc.Arbitrary<Record<string, Record<string, unknown>>> },
  {
    weight: 1,
    arbitrary: fc
      .tuple(modifier, modifier)
      .map(([a, b]) => ({ ...a, ...b }) as Record<string, Record<string, unknown>>),
  },
);

const fields = fc
  .uniqueArray(fc.constantFrom('a', 'b', 'c', '_id'), { minLength: 1, maxLength: 3 })
  .filter((names) => names.join() !== '_id');

/** An order, of fields that an index may be over. */
export const sort = fc
  .tuple(fields, fc.constantFrom(1 as const, -1 as const))
  .map(([names, direction]) => Object.fromEntries(names.map((name) => [name, direction])));

export const projection = fc
  .uniqueArray(fc.constantFrom('a', 'b', 'c'), { minLength: 1, maxLength: 2 })
  .map((names) => Object.fromEntries(names.map((name) => [name, 1])));

/** An index over the fields that the rest is about. */
export const index = fields.map((names) => Object.fromEntries(names.map((name) => [name, 1 as const])));
