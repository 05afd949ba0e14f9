import { mongo } from 'mongoose';
import { type Doc, decode } from './bson';
import { parseFilter } from './filter';
import { matches } from './match';

const doc = (plain: object): Doc => decode(Buffer.from(mongo.BSON.serialize(plain)));
const finds = (filter: object, document: object): boolean => matches(parseFilter(doc(filter)), doc(document));

/** Rules of MongoDB that are easy to get wrong, each with a document that matches and one that doesn't. */
const RULES: readonly [rule: string, filter: object, match: object, miss: object][] = [
  ['null is like a missing field', { a: null }, {}, { a: 0 }],
  ['at least null is null or missing', { a: { $gte: null } }, {}, { a: 1 }],
  ['a scalar on the way is a missing field', { 'a.b': null }, { a: 5 }, { a: [5] }],
  ['exists is not about null', { a: { $exists: true } }, { a: null }, {}],
  ['an array stands for its elements', { a: 2 }, { a: [1, 2] }, { a: [[2]] }],
  ['and for itself', { a: [1, 2] }, { a: [[1, 2]] }, { a: [2, 1] }],
  ['a number in a path is a place', { 'a.1': 2 }, { a: [1, 2] }, { a: [2, 1] }],
  ['or the name of a field', { 'a.1': 2 }, { a: { 1: 2 } }, { a: { 2: 1 } }],
  ['a path goes through an array of documents', { 'a.b': 2 }, { a: [{ b: 1 }, { b: 2 }] }, { a: [{ c: 2 }] }],
  ['different elements may meet different conditions', { a: { $gt: 1, $lt: 3 } }, { a: [0, 5] }, { a: [5] }],
  ['no element may be equal', { a: { $ne: 1 } }, { a: [2, 3] }, { a: [1, 2] }],
  ['kinds do not compare', { a: { $gt: 5 } }, { a: 6 }, { a: '6' }],
  ['a document equals with its fields in order', { a: { b: 1, c: 2 } }, { a: { b: 1, c: 2 } }, { a: { c: 2, b: 1 } }],
  ['numbers equal across types', { a: 1 }, { a: mongo.Long.fromNumber(1) }, { a: 1.5 }],
  [
    'large numbers compare exactly',
    { a: { $gt: mongo.Long.fromString('9007199254740992') } },
    { a: mongo.Long.fromString('9007199254740993') },
    { a: 2 ** 53 },
  ],
  ['not-a-number is less than nothing', { a: { $lt: 1 } }, { a: 0 }, { a: NaN }],
  ['in null is missing too', { a: { $in: [null, 7] } }, {}, { a: 6 }],
];

describe('a filter', () => {
  it.each(RULES)('%s', (_, filter, match, miss) => {
    expect([finds(filter, match), finds(filter, miss)]).toEqual([true, false]);
  });

  it.each([
    [{ $or: [] }, 'nonempty array'],
    [{ a: { $in: 1 } }, '$in needs an array'],
    [{ a: { $gt: 1, b: 2 } }, 'unknown operator: b'],
    [{ a: /x/ }, 'regex'],
    [{ $expr: true }, '$expr'],
    [{ a: { $elemMatch: { b: 1 } } }, '$elemMatch'],
    [{ $nor: [{ a: 1 }] }, '$nor'],
    [{ $and: [{ a: 1 }] }, '$and'],
    [{ a: { $nin: [1] } }, '$nin'],
  ])('rejects %j', (filter, why) => expect(() => finds(filter, {})).toThrow(why));
});
