import type { PipeTransform } from '@nestjs/common';
import type { z } from 'zod';
import { parse } from './validation';

/** Reads a gateway payload with the schema that documents it. */
export class ZodValidationPipe<Schema extends z.ZodType> implements PipeTransform<unknown, z.output<Schema>> {
  constructor(private readonly schema: Schema) {}

  /** @throws ValidationFailed with every offending field */
  transform(value: unknown): z.output<Schema> {
    return parse(this.schema, value, 'payload');
  }
}
