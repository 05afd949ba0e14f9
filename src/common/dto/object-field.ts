import { applyDecorators } from '@nestjs/common';
import { Transform, Type } from 'class-transformer';
import { ValidateNested } from 'class-validator';
import type { DtoClass } from './dto';
import { checkList, type Field, isRead, type FieldOptions, type ListableOptions, metaOf, publish } from './field';
import { Rejection } from './rejection';
import { schemaOf } from './value-kind';

/** Declares a nested object, or a list of them. `type` is a function, since classes can refer to each other. */
export function ObjectField<
  Nested extends object,
  N extends boolean = false,
  O extends boolean = false,
  E extends boolean = false,
>(type: () => DtoClass<Nested>, options: ListableOptions<N, O, E> = {}): Field<Nested, N, O, E> {
  return applyDecorators(
    Type(type),
    Transform(
      ({ obj, key, value }: { obj: Record<string, unknown>; key: string; value: unknown }) =>
        rejectionOf(obj[key], options) ?? value,
    ),
    isRead(options.optional === true),
    ValidateNested(),
    publish(
      schemaOf({
        ...lazily(type),
        isArray: options.each,
        minItems: options.minItems,
        maxItems: options.maxItems,
        ...metaOf(options),
      }),
      options,
    ),
  );
}

/** Declares an object of one of several classes, in responses and events. */
export function UnionField<Nested extends object, N extends boolean = false, O extends boolean = false>(
  types: () => readonly DtoClass<Nested>[],
  options: FieldOptions<N, O> = {},
): Field<Nested, N, O> {
  return publish(schemaOf({ 'x-any-of': types, ...metaOf(options) }), options);
}

// @nestjs/swagger takes a function for a class unless its name is `type`.
const lazily = (dto: () => DtoClass): { readonly type: () => DtoClass } => ({ type: () => dto() });

function rejectionOf(
  input: unknown,
  { each, nullable, minItems = 0, maxItems = Infinity }: ListableOptions<boolean, boolean, boolean>,
): Rejection | undefined {
  if (input === undefined || (input === null && nullable === true)) return undefined;
  if (each !== true) return isObject(input) ? undefined : new Rejection([{ path: [], problem: 'must be an object' }]);
  const refused = checkList(input, minItems, maxItems);
  if (refused) return refused;
  const problems = (input as readonly unknown[]).flatMap((item, index) =>
    isObject(item) ? [] : [{ path: [String(index)], problem: 'must be an object' }],
  );
  return problems.length > 0 ? new Rejection(problems) : undefined;
}

/** Returns whether a value is a JSON object. */
export const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
