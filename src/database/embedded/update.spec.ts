import { mongo } from 'mongoose';
import { type Doc, decode, encode } from './bson';
import { parseFilter } from './filter';
import { applyUpdate, parseUpdate, upserted } from './update';

const doc = (plain: object): Doc => decode(Buffer.from(mongo.BSON.serialize(plain)));
const plain = (document: Doc): unknown => mongo.BSON.deserialize(encode(document), { promoteLongs: false });
const updated = (update: object, document: object): unknown =>
  plain(applyUpdate(parseUpdate(doc(update)), doc({ _id: 1, ...document })));

describe('an update', () => {
  it.each<[rule: string, update: object, before: object, after: object]>([
    ['makes the documents on the way', { $set: { 'a.b.c': 1 } }, {}, { a: { b: { c: 1 } } }],
    ['passes over what it cannot unset', { $unset: { 'a.b': '' } }, { a: 5 }, { a: 5 }],
    ['counts from nothing', { $inc: { a: 2 } }, {}, { a: 2 }],
    [
      'widens an int that gets too large',
      { $inc: { a: 1 } },
      { a: 2_147_483_647 },
      { a: mongo.Long.fromNumber(2_147_483_648) },
    ],
    ['adds to a set what is not in it', { $addToSet: { a: 2 } }, { a: [1] }, { a: [1, 2] }],
    ['finds 1.0 in a set that has 1', { $addToSet: { a: new mongo.Double(1) } }, { a: [1] }, { a: [1] }],
    ['pulls the values that match a condition', { $pull: { a: { $gt: 1 } } }, { a: [1, 2, 3] }, { a: [1] }],
    [
      'pulls documents by some of their fields',
      { $pull: { a: { b: 1 } } },
      { a: [{ b: 1, c: 2 }, { b: 2 }] },
      { a: [{ b: 2 }] },
    ],
    ['pulls a value and nothing that contains it', { $pull: { a: 1 } }, { a: [1, [1]] }, { a: [[1]] }],
    ['makes nothing only to take away from it', { $pull: { 'a.b': 1 } }, {}, {}],
    ['raises to the greater, across types', { $max: { a: 'text' } }, { a: 5 }, { a: 'text' }],
    ['keeps what is greater already', { $max: { a: 3 } }, { a: 5 }, { a: 5 }],
    ['sets what is not there to the greatest', { $max: { 'a.b': 3 } }, {}, { a: { b: 3 } }],
    [
      'sets fields in the order of their names',
      { $set: { b: 1, a: 2, 'c.e': 1, 'c.d': 2 } },
      {},
      { a: 2, b: 1, c: { d: 2, e: 1 } },
    ],
  ])('%s', (_, update, before, after) => {
    expect(JSON.stringify(updated(update, before))).toEqual(JSON.stringify({ _id: 1, ...after }));
  });

  it.each<[update: object, before: object, code: number]>([
    [{ $set: { a: 1, 'a.b': 2 } }, {}, 40],
    [{ $set: { 'a.b': 1 } }, { a: 5 }, 28],
    [{ $set: { 'a.b': 1 } }, { a: null }, 28],
    [{ $pull: { 'a.b': 1 } }, { a: 5 }, 28],
    [{ $inc: { a: 'x' } }, {}, 14],
    [{ $inc: { a: 1 } }, { a: 'x' }, 14],
    [{ $inc: { a: 1 } }, { a: mongo.Long.MAX_VALUE }, 2],
    [{ $addToSet: { a: 1 } }, { a: null }, 2],
    [{ $set: { _id: 2 } }, {}, 66],
    [{ $set: { '': 2 } }, {}, 56],
    [{ $set: 1 }, {}, 9],
    [{ $rename: { a: 'b' } }, {}, 238],
    [{ $set: { 'a.$': 1 } }, {}, 238],
    [{ $set: { 'a.0': 1 } }, { a: [0] }, 238],
    [{ $addToSet: { a: { $each: [1] } } }, {}, 238],
    [{ $push: { a: 1 } }, {}, 238],
    [{ a: 1 }, {}, 238],
  ])('rejects %j on %j with %d', (update, before, code) => {
    expect(() => updated(update, before)).toThrow(expect.objectContaining({ code }));
  });

  it('does not modify the document passed to it', () => {
    const before = doc({ _id: 1, a: { b: [1] } });
    applyUpdate(parseUpdate(doc({ $addToSet: { 'a.b': 2 }, $set: { c: 1 } })), before);
    expect(plain(before)).toEqual({ _id: 1, a: { b: [1] } });
  });
});

describe('an upsert', () => {
  const inserts = (filter: object, update: object): unknown =>
    plain(upserted(parseUpdate(doc(update)), parseFilter(doc(filter))));

  it('starts with the values that the filter requires to be equal', () => {
    const filter = { _id: 7, a: { b: 1 }, c: { $eq: 2 }, d: { $gt: 3 }, 'g.1': { $exists: false } };
    expect(inserts(filter, { $setOnInsert: { f: 5 }, $inc: { c: 1 } })).toEqual({ _id: 7, a: { b: 1 }, c: 3, f: 5 });
  });

  it('applies $max to a field that does not exist', () =>
    expect(inserts({ _id: 7 }, { $max: { a: 5 } })).toEqual({ _id: 7, a: 5 }));

  it.each([
    [{ _id: 7, 'a.b': 1 }, "'a.b'"],
    [{ _id: 7, a: { $in: [1] } }, "'$in'"],
    [{ a: 1 }, 'without an _id'],
  ])('rejects %j', (filter, why) => expect(() => inserts(filter, { $set: { c: 1 } })).toThrow(why));
});
