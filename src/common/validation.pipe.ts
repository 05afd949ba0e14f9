import { Injectable, StandardSchemaValidationPipe } from '@nestjs/common';
import type { ArgumentMetadata } from '@nestjs/common';
import { z } from 'zod';
import { ValidationFailed } from './common.errors';
import { omitNulls } from './omit-nulls';
import { findUnsafeKey, surrogateFault } from './json-safety';
import { validationFailed } from './validation';

/** Reads every parameter of a request with the schema that documents it; a parameter's name stands for a field's. */
@Injectable()
export class ValidationPipe extends StandardSchemaValidationPipe {
  constructor() {
    super({ exceptionFactory: validationFailed });
  }

  /** @throws ValidationFailed with every offending field */
  override async transform<Value>(value: Value, metadata: ArgumentMetadata): Promise<Value> {
    if (metadata.type === 'body' || metadata.type === 'query') {
      const fault = findUnsafeKey(value) ?? surrogateFault(value);
      if (fault) throw new ValidationFailed([{ field: fault.path || metadata.type, detail: fault.reason }]);
    }
    try {
      return await super.transform(
        metadata.type === 'body' ? (bodyOf(value, metadata.schema) as Value) : value,
        metadata,
      );
    } catch (error) {
      if (!(error instanceof ValidationFailed) || metadata.type !== 'param' || metadata.data === undefined) throw error;
      throw new ValidationFailed(error.errors.map((fieldError) => ({ ...fieldError, field: String(metadata.data) })));
    }
  }
}

/** Returns the body to validate: `{}` for an absent one, and without fields that are null where null means omitted. */
function bodyOf(value: unknown, schema: unknown): unknown {
  return omitNulls(schema, value === undefined && schema instanceof z.ZodObject ? {} : value);
}
