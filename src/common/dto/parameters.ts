import { Body, Param, type PipeTransform } from '@nestjs/common';
import { ApiBody, ApiParam } from '@nestjs/swagger';
import { ValidationFailed } from '../common.errors';
import type { DtoClass } from './dto';
import { checkList } from './field';
import { SNOWFLAKE } from './fields';
import { shapeReference } from './json-schema';
import { parseValue } from './parse-value';
import { ValidationPipe } from './validation.pipe';
import type { JsonSchema, ValueKind } from './value-kind';

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

/** Parses a body that is a list of DTOs. */
class ListPipe implements PipeTransform<unknown, Promise<unknown[]>> {
  private readonly validation = new ValidationPipe();

  constructor(
    private readonly dto: DtoClass,
    private readonly minItems: number,
    private readonly maxItems: number,
  ) {}

  /** @throws ValidationFailed with the first offending fields */
  async transform(input: unknown): Promise<unknown[]> {
    const refused = checkList(input, this.minItems, this.maxItems);
    if (refused)
      throw new ValidationFailed(
        refused.problems.map(({ problem: detail, limit }) => ({
          field: 'body',
          detail,
          ...(limit !== undefined && { limit }),
        })),
      );
    const items = await Promise.allSettled(
      (input as readonly unknown[]).map((item) =>
        this.validation.transform(item, { type: 'body', metatype: this.dto }),
      ),
    );
    const errors = items.flatMap((item, index) => (item.status === 'rejected' ? errorsAt(index, item.reason) : []));
    if (errors.length > 0) throw new ValidationFailed(errors);
    return items.map((item) => (item.status === 'fulfilled' ? item.value : undefined));
  }
}

function errorsAt(index: number, error: unknown): ValidationFailed['errors'] {
  if (!(error instanceof ValidationFailed)) throw error;
  return error.errors.map(({ field, ...rest }) => ({
    ...rest,
    field: field === 'body' ? String(index) : `${index}.${field}`,
  }));
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
