import { type ArgumentMetadata, Injectable, ValidationPipe as NestValidationPipe } from '@nestjs/common';
import { ValidationFailed } from '../common.errors';
import { findUnsafeKey, surrogateFault } from '../json-safety';
import { type DtoClass, fieldsOf } from './dto';
import { isObject } from './object-field';
import { TRANSFORM_OPTIONS, VALIDATION_OPTIONS } from './parse-dto';
import { prepare } from './prepare';
import { fieldErrors } from './validation-errors';

/**
 * Validates bodies, queries and gateway payloads whose type is a DTO class. Handlers receive instances of the class.
 *
 * @see docs/decisions/validation.md
 */
@Injectable()
export class ValidationPipe extends NestValidationPipe {
  constructor() {
    super({
      transform: true,
      transformOptions: TRANSFORM_OPTIONS,
      ...VALIDATION_OPTIONS,
      exceptionFactory: (errors) => new ValidationFailed(fieldErrors(errors)),
    });
  }

  /** @throws ValidationFailed with the first offending fields; unsafe keys and non-objects are rejected before the class is instantiated */
  override async transform(value: unknown, metadata: ArgumentMetadata): Promise<unknown> {
    const { metatype, type } = metadata;
    if (type !== 'body' && type !== 'query') return value;
    const fault = findUnsafeKey(value) ?? surrogateFault(value);
    if (fault) throw new ValidationFailed([{ field: fault.path || type, detail: fault.reason }]);
    return metatype && fieldsOf(metatype).length > 0
      ? this.instantiate(metatype as DtoClass, value === undefined ? {} : value, metadata)
      : value;
  }

  private instantiate(dto: DtoClass, value: unknown, metadata: ArgumentMetadata): Promise<unknown> {
    if (!isObject(value)) throw new ValidationFailed([{ field: metadata.type, detail: 'must be an object' }]);
    return super.transform(prepare(dto, value), metadata) as Promise<unknown>;
  }
}
