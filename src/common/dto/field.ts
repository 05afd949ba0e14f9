import { applyDecorators } from '@nestjs/common';
import { ApiProperty } from '@nestjs/swagger';
import { Transform } from 'class-transformer';
import { ValidateBy } from 'class-validator';
import { Rejection } from './rejection';
import { type JsonSchema, schemaOf, type ValueKind } from './value-kind';

/** Options that every field has. */
export interface FieldOptions<Nullable extends boolean, Optional extends boolean> {
  /** Purpose, unit and range of the field, for the published schema. */
  readonly description?: string;
  /** Example as it is sent. */
  readonly example?: unknown;
  /** Accepts null as a value of its own. For other optional fields null means omitted. */
  readonly nullable?: Nullable;
  /** Accepts an absent field. */
  readonly optional?: Optional;
  /** Value of an absent field, as it is sent. */
  readonly default?: string | number | boolean | null | readonly [];
}

/** Options of a field that can be a list. */
export interface ListableOptions<
  Nullable extends boolean,
  Optional extends boolean,
  Each extends boolean,
> extends FieldOptions<Nullable, Optional> {
  /** The field is a list of such values. */
  readonly each?: Each;
  /** Fewest and most items of the list. */
  readonly minItems?: number;
  readonly maxItems?: number;
}

type Absent<Nullable extends boolean, Optional extends boolean> =
  (Nullable extends true ? null : never) | (Optional extends true ? undefined : never);
type Values<Value, Each extends boolean> = Each extends true ? Value[] : Value;
type ReadonlyValues<Value, Each extends boolean> = Each extends true ? readonly Value[] : Value;

/**
 * Decorator of a field with exactly this type. A field of another type does not compile: the field must accept every parsed value, and must not
 * declare a value that cannot be parsed.
 */
export type Field<
  Value,
  Nullable extends boolean = false,
  Optional extends boolean = false,
  Each extends boolean = false,
> = <Target extends object, Key extends string>(
  target: Target,
  key: Key &
    TypedKey<
      Target,
      Key,
      Values<Value, Each> | Absent<Nullable, Optional>,
      ReadonlyValues<Value, Each> | Absent<Nullable, Optional>
    >,
) => void;

type TypedKey<Target, Key extends string, Narrowest, Widest> = Key extends keyof Target
  ? [Narrowest] extends [Target[Key]]
    ? [Target[Key]] extends [Widest]
      ? Key
      : never
    : never
  : never;

/** Creates the decorator of a field: it parses (class-transformer), validates (class-validator) and documents (OpenAPI, AsyncAPI) the field. */
export function createField<
  Value,
  Nullable extends boolean = false,
  Optional extends boolean = false,
  Each extends boolean = false,
>(
  kind: ValueKind<Value>,
  options: ListableOptions<Nullable, Optional, Each> = {},
): Field<Value, Nullable, Optional, Each> {
  const read = options.each === true ? listReader(kind, options) : valueReader(kind);
  const schema =
    options.each === true
      ? { type: 'array', items: kind.schema, minItems: options.minItems, maxItems: options.maxItems }
      : kind.schema;
  return applyDecorators(
    // From the source object: an overridden field has the transformation of its base class too.
    Transform(({ obj, key }: { obj: Record<string, unknown>; key: string }) => {
      const input = obj[key];
      return input === undefined || (input === null && options.nullable === true) ? input : read(input);
    }),
    isRead(options.optional === true),
    publish(schemaOf({ ...schema, ...metaOf(options) }), options),
  );
}

/** Published metadata of a field that are no part of its kind. */
export const metaOf = ({
  description,
  example,
  default: fallback,
}: FieldOptions<boolean, boolean>): Record<string, unknown> => ({
  ...(description !== undefined && { description }),
  ...(example !== undefined && { example }),
  ...(fallback !== undefined && { default: fallback }),
});

/** Documents a field. The metadata of @nestjs/swagger are the only record of a field: both documents, defaults and unknown fields are derived from them. */
export const publish = (
  schema: JsonSchema,
  { nullable, optional, default: fallback }: FieldOptions<boolean, boolean>,
): PropertyDecorator =>
  ApiProperty({
    ...schema,
    required: optional !== true && fallback === undefined,
    ...(nullable === true && { nullable }),
  });

/** Validates that a field was read: one constraint per field, whose errors are those of the reader. */
export const isRead = (isOptional: boolean): PropertyDecorator =>
  ValidateBy({
    name: 'isRead',
    validator: {
      validate: (value: unknown) => (value === undefined ? isOptional : !(value instanceof Rejection)),
      defaultMessage: () => 'is required',
    },
  });

function valueReader<Value>(kind: ValueKind<Value>): (input: unknown) => unknown {
  return (input) => {
    const result = kind.parse(input);
    return 'value' in result ? result.value : new Rejection([{ path: [], ...result }]);
  };
}

function listReader<Value>(
  kind: ValueKind<Value>,
  { minItems = 0, maxItems = Infinity }: { minItems?: number; maxItems?: number },
): (input: unknown) => unknown {
  return (input) => {
    const refused = checkList(input, minItems, maxItems);
    if (refused) return refused;
    const results = (input as readonly unknown[]).map((item) => kind.parse(item));
    const problems = results.flatMap((result, index) =>
      'value' in result ? [] : [{ path: [String(index)], ...result }],
    );
    return problems.length > 0
      ? new Rejection(problems)
      : results.map((result) => ('value' in result ? result.value : undefined));
  };
}

/** Returns why a value is not a list of `minItems` to `maxItems` items. */
export function checkList(input: unknown, minItems: number, maxItems: number): Rejection | undefined {
  if (!Array.isArray(input)) return new Rejection([{ path: [], problem: 'must be a list' }]);
  if (input.length < minItems)
    return new Rejection([
      { path: [], problem: `must have at least ${minItems} ${minItems === 1 ? 'item' : 'items'}`, limit: minItems },
    ]);
  return input.length > maxItems
    ? new Rejection([{ path: [], problem: `must have at most ${maxItems} items`, limit: maxItems }])
    : undefined;
}
