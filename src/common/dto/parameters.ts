import { Body, Param, type PipeTransform } from '@nestjs/common';
import { ApiBody, ApiParam } from '@nestjs/swagger';
import { type FieldError, ValidationFailed } from '../common.errors';
import { LIMITS } from '../limits';
import type { DtoClass } from './dto';
import { checkList } from './field';
import { SNOWFLAKE } from './fields';
import { shapeReference } from './json-schema';
import { parseValue } from './parse-value';
import { isObject } from './object-field';
import { readDto } from './parse-dto';
import type { JsonSchema, ValueKind } from './value-kind';

const NOT_AN_OBJECT = { instance: undefined, errors: [{ field: '', detail: 'must be an object' }] };

/** Parses one parameter. */
export class KindPipe<Value> implements PipeTransform<unknown, Value> {
  constructor(
    private readonly kind: ValueKind<Value>,
    private readonly field: string,
  ) {}

  /** @throws ValidationFailed naming the parameter */
  transform(input: unknown): Value {
    return parseValue(this.kind, input, this.field);
  }
}

/** Parses a body that is a list of DTOs. The global ValidationPipe has checked the keys and strings of the body before. */
class ListPipe implements PipeTransform<unknown, unknown[]> {
  constructor(
    private readonly dto: DtoClass,
    private readonly minItems: number,
    private readonly maxItems: number,
  ) {}

  /** @throws ValidationFailed with the first offending fields */
  transform(input: unknown): unknown[] {
    const refused = checkList(input, this.minItems, this.maxItems);
    if (refused)
      throw new ValidationFailed(
        refused.problems.map(({ problem: detail, limit }) => ({
          field: 'body',
          detail,
          ...(limit !== undefined && { limit }),
        })),
      );
    const instances: unknown[] = [];
    const errors: FieldError[] = [];
    for (const [index, item] of (input as readonly unknown[]).entries()) {
      const result = isObject(item) ? readDto(this.dto, item) : NOT_AN_OBJECT;
      instances.push(result.instance);
      errors.push(
        ...result.errors.map((error) => ({
          ...error,
          field: error.field === '' ? String(index) : `${index}.${error.field}`,
        })),
      );
      // More errors are not sent, so that the rest of a long list costs nothing.
      if (errors.length >= LIMITS.validationErrors) break;
    }
    if (errors.length > 0) throw new ValidationFailed(errors);
    return instances;
  }
}

/** A parameter in the path, of any kind. */
export const PathParam = <Value>(name: string, kind: ValueKind<Value>): ParameterDecorator =>
  documented(
    Param(name, new KindPipe(kind, name)),
    ApiParam({ name, required: true, schema: kind.schema, ...descriptionOf(kind.schema) }),
  );

/** An id in the path. */
export const SnowflakeParam = (name: string): ParameterDecorator => PathParam(name, SNOWFLAKE);

/** A body that is a list of `minItems` to `maxItems` DTOs. */
export const ListBody = (
  dto: DtoClass,
  { minItems, maxItems }: { readonly minItems: number; readonly maxItems: number },
): ParameterDecorator =>
  documented(
    Body(new ListPipe(dto, minItems, maxItems)),
    ApiBody({ required: true, schema: { minItems, maxItems, ...shapeReference([dto]) } }),
  );

const descriptionOf = ({ description }: JsonSchema): { description?: string } =>
  typeof description === 'string' ? { description } : {};

function documented(parameter: ParameterDecorator, documentation: MethodDecorator): ParameterDecorator {
  return (target, key, index) => {
    parameter(target, key, index);
    const descriptor = key === undefined ? undefined : Object.getOwnPropertyDescriptor(target, key);
    if (key !== undefined && descriptor) documentation(target, key, descriptor);
  };
}
