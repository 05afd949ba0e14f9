import * as fc from 'fast-check';
import { mongo } from 'mongoose';
import { decode, docOf, encode } from './bson';

const { serialize, Binary, Double, Long, MaxKey, MinKey, ObjectId, Timestamp, BSONRegExp, Decimal128 } = mongo.BSON;

const scalar = fc.oneof(
  fc.integer(),
  fc.double().map((value) => new Double(value)),
  fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }).map((value) => Long.fromBigInt(value)),
  fc.string({ unit: 'grapheme' }),
  fc.boolean(),
  fc.constant(null),
  fc.date({ noInvalidDate: true }),
  fc.uint8Array({ maxLength: 20 }).map((bytes) => new Binary(bytes)),
  fc.constant(new ObjectId()),
);
const document = fc.dictionary(
  fc.string({ minLength: 1 }).filter((name) => !name.includes('\0') && name !== '__proto__'),
  fc.oneof(scalar, fc.array(scalar), fc.dictionary(fc.constantFrom('a', '1', '0'), scalar)),
);

describe('BSON documents', () => {
  it('are encoded to exactly the bytes that the driver wrote', () =>
    fc.assert(
      fc.property(document, (plain) => {
        const bytes = Buffer.from(serialize(plain));
        expect(encode(decode(bytes)).equals(bytes)).toBe(true);
      }),
    ));

  it('are never read beyond their end, for any bytes', () =>
    fc.assert(
      fc.property(document, fc.nat(), fc.integer({ min: 0, max: 255 }), (plain, at, byte) => {
        const bytes = Buffer.from(serialize(plain));
        bytes[at % bytes.length] = byte;
        try {
          encode(decode(bytes));
        } catch (error) {
          expect(error).toMatchObject({ codeName: expect.stringMatching(/InvalidBSON|NotImplemented|Overflow/) });
        }
      }),
    ));

  it.each([
    ['a document that claims no length', '0c000000' + '036100' + '00000000' + '00'],
    ['a document that begins where the one around it ends', '08000000' + '036100' + '00' + '000000'],
    ['a string that does not end', '0e000000' + '026100' + '02000000' + '6263' + '00'],
    ['a string that claims no length', '0c000000' + '026100' + '00000000' + '00'],
  ])('are rejected if they are %s', (_, hex) => {
    expect(() => decode(Buffer.from(hex, 'hex'))).toThrow('Invalid BSON');
  });

  it.each([
    ['decimal', Decimal128.fromString('1')],
    ['minKey', new MinKey()],
    ['maxKey', new MaxKey()],
    ['timestamp', new Timestamp({ t: 5, i: 7 })],
    ['regex', new BSONRegExp('^a', 'i')],
  ])('are rejected if they contain %s, by its name', (name, value) => {
    expect(() => decode(Buffer.from(serialize({ price: value })))).toThrow(`${name} (field 'price')`);
  });

  it('keep numbers of different types apart', () => {
    expect([...docOf({ small: 1, large: 2 ** 31, half: 0.5 }).values()]).toMatchObject([
      1,
      { value: 2 ** 31 },
      { value: 0.5 },
    ]);
  });
});
