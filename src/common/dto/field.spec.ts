import 'reflect-metadata';
import { ValidationFailed } from '../common.errors';
import type { Snowflake } from '../snowflake';
import { Dto } from './dto';
import { NotCombinedWith } from './field-rules';
import { BooleanField, EnumField, IntegerField, LineField, NameField, SnowflakeField, TimestampField } from './fields';
import { dtoSchema } from './json-schema';
import { PartialOf, WithDefaults } from './mapped-types';
import { ObjectField } from './object-field';
import { parseDto } from './parse-dto';
import { ValidationPipe } from './validation.pipe';
import type { JsonSchema } from './value-kind';

class PartFields {
  @SnowflakeField()
  readonly id!: Snowflake;

  @IntegerField({ min: 1, max: 5 })
  readonly position!: number;
}

class ThingFields {
  @NameField({ max: 10, description: 'Name.' })
  readonly name!: string;

  @IntegerField({ min: 0, max: 255 })
  readonly color!: number;

  @SnowflakeField({ nullable: true })
  readonly parent_id!: Snowflake | null;

  @ObjectField(() => PartFields, { each: true, maxItems: 3 })
  readonly parts!: readonly PartFields[];
}

@Dto()
class CreateThingDto extends WithDefaults(ThingFields, { color: 7, parent_id: null, parts: [] }) {
  @LineField({ max: 5, optional: true })
  readonly nonce?: string;

  @NotCombinedWith('nonce')
  @SnowflakeField({ each: true, optional: true, minItems: 1, maxItems: 2 })
  readonly ids?: readonly Snowflake[];
}

@Dto()
class UpdateThingDto extends PartialOf(ThingFields) {}

const pipe = new ValidationPipe();
const validate = (value: unknown, metatype: new () => object = CreateThingDto): Promise<unknown> =>
  pipe.transform(value, { type: 'body', metatype });

async function errorsOf(value: unknown, metatype?: new () => object): Promise<ValidationFailed['errors']> {
  const error: unknown = await validate(value, metatype).then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (!(error instanceof ValidationFailed)) throw new Error('The value was accepted.');
  return error.errors;
}

describe('fields of DTO classes', () => {
  it('parse values, and give absent fields their defaults', async () => {
    const thing = await validate({ name: ' x ', parts: [{ id: '1', position: 2 }], ids: ['3'] });
    expect(thing).toBeInstanceOf(CreateThingDto);
    expect({ ...(thing as object) }).toEqual({
      name: 'x',
      color: 7,
      parent_id: null,
      parts: [{ id: 1n, position: 2 }],
      ids: [3n],
    });
  });

  it('do not appear in an instance if they are absent, so that a change writes nothing else', async () => {
    expect(Object.keys((await validate({ color: 1 }, UpdateThingDto)) as object)).toEqual(['color']);
    expect({ ...((await validate(undefined, UpdateThingDto)) as object) }).toEqual({});
  });

  it('take null as omitted where they are optional, and as a value where they are nullable', async () => {
    const changes = await validate({ name: null, color: null, parent_id: null }, UpdateThingDto);
    expect({ ...(changes as object) }).toEqual({ parent_id: null });
    expect(await errorsOf({ name: null })).toEqual([{ field: 'name', detail: 'must be a string' }]);
  });

  it.each<[string, unknown, readonly object[]]>([
    ['an absent field', {}, [{ field: 'name', detail: 'is required' }]],
    ['an array', [], [{ field: 'body', detail: 'must be an object' }]],
    ['null', null, [{ field: 'body', detail: 'must be an object' }]],
    ['a string', 'x', [{ field: 'body', detail: 'must be an object' }]],
    ['a limit', { name: 'x', color: 256 }, [{ field: 'color', detail: 'must be at most 255', limit: 255 }]],
    [
      'a list that is too long',
      { name: 'x', ids: ['1', '2', '3'] },
      [{ field: 'ids', detail: 'must have at most 2 items', limit: 2 }],
    ],
    ['an empty list', { name: 'x', ids: [] }, [{ field: 'ids', detail: 'must have at least 1 item', limit: 1 }]],
    ['an item', { name: 'x', ids: ['1', 'y'] }, [{ field: 'ids.1', detail: 'must be a decimal id below 2^63' }]],
    [
      'a nested field',
      { name: 'x', parts: [{ id: '1', position: 9 }] },
      [{ field: 'parts.0.position', detail: 'must be at most 5', limit: 5 }],
    ],
    [
      'a nested unknown field',
      { name: 'x', parts: [{ id: '1', position: 1, y: 1 }] },
      [{ field: 'parts.0.y', detail: 'is not a known field' }],
    ],
    [
      'a nested value of another type',
      { name: 'x', parts: [1, null] },
      [
        { field: 'parts.0', detail: 'must be an object' },
        { field: 'parts.1', detail: 'must be an object' },
      ],
    ],
    [
      'fields that exclude each other',
      { name: 'x', nonce: 'a', ids: ['1'] },
      [{ field: 'ids', detail: 'can’t be combined with nonce' }],
    ],
  ])('report %s', async (_, value, expected) => expect(await errorsOf(value)).toEqual(expected));

  it('report errors in the order of the fields, unknown fields last, and at most 20', async () => {
    const errors = await errorsOf({ unknown: 1, nonce: 5, color: 'x', name: 5 });
    expect(errors.map(({ field }) => field)).toEqual(['name', 'color', 'nonce', 'unknown']);
    const many = Object.fromEntries(Array.from({ length: 40 }, (_, index) => [`x${index}`, 1]));
    expect(await errorsOf({ name: 'x', ...many })).toHaveLength(20);
  });

  it.each([...Object.getOwnPropertyNames(Object.prototype), 'prototype', '$gt'])('reject the key %s', async (key) => {
    const body: unknown = JSON.parse(`{"name":"x",${JSON.stringify(key)}:1}`);
    expect(await errorsOf(body)).toEqual([{ field: key, detail: 'is not an accepted key' }]);
    expect(await errorsOf({ name: 'x', parts: [JSON.parse(`{${JSON.stringify(key)}:1}`)] })).toEqual([
      { field: `parts.0.${key}`, detail: 'is not an accepted key' },
    ]);
  });

  it('are published with the rules that they check', () => {
    const components = new Map<string, JsonSchema>();
    dtoSchema(CreateThingDto, components);
    expect(components.get('CreateThing')).toMatchObject({
      type: 'object',
      required: ['name'],
      additionalProperties: false,
      properties: {
        name: { type: 'string', minLength: 1, maxLength: 10 },
        color: { type: 'integer', minimum: 0, maximum: 255, default: 7 },
        parent_id: { type: ['string', 'null'], default: null },
        parts: { type: 'array', maxItems: 3, default: [], items: { type: 'object', required: ['id', 'position'] } },
        ids: { type: 'array', minItems: 1, maxItems: 2 },
      },
    });
  });

  it('cannot have a default in a class whose fields become optional', () => {
    class Preset extends WithDefaults(ThingFields, { color: 1 }) {}
    expect(() => PartialOf(Preset)).toThrow('color has a default');
  });
});

describe('a field decorator', () => {
  it('does not compile on a field of another type', () => {
    class Mistyped {
      // @ts-expect-error a line is a string
      @LineField({ max: 5 })
      readonly line!: number;

      // @ts-expect-error an id is a Snowflake
      @SnowflakeField()
      readonly id!: string;

      // @ts-expect-error the field can be null
      @SnowflakeField({ nullable: true })
      readonly nullable!: Snowflake;

      // @ts-expect-error the field is never null
      @SnowflakeField()
      readonly never_null!: Snowflake | null;

      // @ts-expect-error the field can be absent
      @IntegerField({ optional: true })
      readonly absent!: number;

      // @ts-expect-error the field is a list
      @SnowflakeField({ each: true })
      readonly list!: Snowflake;

      // @ts-expect-error the field has one more word
      @EnumField(['a', 'b'])
      readonly word!: 'a';

      // @ts-expect-error a time is a Date
      @TimestampField()
      readonly time!: string;

      // @ts-expect-error the nested class is another
      @ObjectField(() => PartFields)
      readonly nested!: { readonly name: string };

      // @ts-expect-error there is no such option
      @BooleanField({ desciption: 'x' })
      readonly flag!: boolean;
    }
    expect(() => parseDto(Mistyped, {})).toThrow(ValidationFailed);
  });
});
