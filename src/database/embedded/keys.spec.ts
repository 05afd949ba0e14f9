import { BSONType } from 'bson';
import * as fc from 'fast-check';
import { Double, type Doc, Opaque, type Value } from './bson';
import { after, compare, equal, keyOf } from './keys';

const int64 = fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n });
const double = fc.double().map((value) => new Double(value));
const numeric: fc.Arbitrary<Value> = fc.oneof(
  fc.integer(),
  int64,
  double,
  int64.map((value) => new Double(Number(value))),
);
const opaque = (type: number, bytes: number[]): Opaque => new Opaque(type, Buffer.from(bytes));

const value: fc.Arbitrary<Value> = fc.letrec<{ value: Value }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 2 },
    numeric,
    fc.string({ unit: 'grapheme', maxLength: 4 }),
    fc.constantFrom<Value>(null, true, false, '\0', 'a\0b', 'a'),
    fc.array(tie('value'), { maxLength: 3 }),
    fc
      .array(fc.tuple(fc.constantFrom('a', 'b', ''), tie('value')), { maxLength: 3 })
      .map((fields): Doc => new Map(fields)),
  ),
})).value;

/** Exactly what a double and an int64 are to each other, in fractions of 2^-1074. */
const exact = (number: Value): bigint | undefined => {
  if (typeof number === 'bigint' || typeof number === 'number') return BigInt(number) << 1074n;
  const double = (number as Double).value;
  if (!Number.isFinite(double)) return undefined;
  const view = new DataView(new ArrayBuffer(8));
  view.setFloat64(0, double);
  const bits = view.getBigUint64(0);
  const exponent = (bits >> 52n) & 0x7ffn;
  const fraction = bits & 0xfffffffffffffn;
  const magnitude = exponent === 0n ? fraction : (fraction | (1n << 52n)) << (exponent - 1n);
  return bits >> 63n ? -magnitude : magnitude;
};

describe('the order of index keys', () => {
  it('equals the order of numbers of any types', () =>
    fc.assert(
      fc.property(numeric, numeric, (a, b) => {
        const [x, y] = [exact(a), exact(b)];
        fc.pre(x !== undefined && y !== undefined);
        const order = x < y ? -1 : x > y ? 1 : 0;
        expect(Math.sign(Buffer.compare(keyOf(a), keyOf(b)))).toBe(order);
        expect(Math.sign(compare(a, b))).toBe(order);
      }),
      { numRuns: 2_000 },
    ));

  it('is reflexive, antisymmetric and transitive', () =>
    fc.assert(
      fc.property(value, value, value, (a, b, c) => {
        expect(compare(a, a)).toBe(0);
        expect(Math.sign(compare(a, b)) + Math.sign(compare(b, a))).toBe(0);
        if (compare(a, b) <= 0 && compare(b, c) <= 0) expect(compare(a, c)).toBeLessThanOrEqual(0);
      }),
    ));

  it('agrees with the comparison of values', () =>
    fc.assert(
      fc.property(value, value, (a, b) =>
        expect(Math.sign(Buffer.compare(keyOf(a), keyOf(b)))).toBe(Math.sign(compare(a, b))),
      ),
    ));

  it('contains no key that is the prefix of another, so that keys can be concatenated', () =>
    fc.assert(
      fc.property(value, value, (a, b) =>
        expect(equal(a, b) || !keyOf(b).subarray(0, keyOf(a).length).equals(keyOf(a))).toBe(true),
      ),
    ));

  it('orders types as MongoDB does', () => {
    const ascending: Value[] = [
      null,
      new Double(NaN),
      new Double(-Infinity),
      -1,
      0,
      9007199254740992n,
      9007199254740993n,
      new Double(Infinity),
      '',
      'a',
      'a\0',
      'é',
      '\u{ffff}',
      '\u{10000}',
      new Map(),
      new Map([['a', 1]]),
      new Map([['b', 0]]),
      new Map([['a', 'text']]),
      [],
      [1],
      [1, 2],
      [2],
      opaque(BSONType.binData, [1, 0, 0, 0, 0, 255]),
      opaque(BSONType.binData, [2, 0, 0, 0, 0, 0, 0]),
      opaque(BSONType.objectId, [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1]),
      false,
      true,
      opaque(BSONType.date, [255, 255, 255, 255, 255, 255, 255, 255]),
      opaque(BSONType.date, [0, 0, 0, 0, 0, 0, 0, 0]),
    ];
    expect(ascending.map(keyOf).toSorted(Buffer.compare)).toEqual(ascending.map(keyOf));
  });

  it('has equal keys for equal numbers', () => {
    for (const one of [1n, new Double(1)]) expect(keyOf(one)).toEqual(keyOf(1));
    expect(keyOf(new Double(-0))).toEqual(keyOf(0));
  });
});

describe('the end of a key prefix', () => {
  it('sorts after all keys with the prefix, and before the next key', () =>
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 1, maxLength: 4 }), fc.uint8Array({ maxLength: 4 }), (prefix, more) => {
        const end = after(Buffer.from(prefix));
        if (end === undefined) return expect(prefix.every((byte) => byte === 0xff)).toBe(true);
        expect(Buffer.concat([prefix, more]).compare(end)).toBeLessThan(0);
        return expect(end.compare(prefix)).toBeGreaterThan(0);
      }),
    ));
});
