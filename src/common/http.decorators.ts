import { applyDecorators, Body, HttpCode, HttpStatus, Param, Query } from '@nestjs/common';
import { ApiNoContentResponse, ApiOperation, ApiResponse } from '@nestjs/swagger';
import type { z } from 'zod';
import { PayloadTooLarge, ValidationFailed } from './common.errors';
import { ApiProblems } from './problems.decorator';
import { snowflake } from './schema';

/** What a route does, in the words of its documentation. */
export const Summary = (summary: string): MethodDecorator => ApiOperation({ summary });

/** What a route answers when all went well. */
export const ApiResult = (schema: z.ZodType, status: number = HttpStatus.OK): MethodDecorator =>
  applyDecorators(HttpCode(status), ApiResponse({ status, description: 'As it now is.', standardSchema: schema }));

const ETAG = {
  ETag: {
    description: 'The guild’s version that this is true of, for `If-Match`.',
    schema: { type: 'string' as const, example: '"12"' },
  },
};

/** The same for a route whose handler tells the version too: its ETag. */
export const ApiResultWithEtag = (schema: z.ZodType, status: number = HttpStatus.OK): MethodDecorator =>
  applyDecorators(
    HttpCode(status),
    ApiResponse({ status, description: 'As it now is.', standardSchema: schema, headers: ETAG }),
  );

/** The route answers 204 and nothing else. */
export const ApiNoContent = (): MethodDecorator =>
  applyDecorators(HttpCode(HttpStatus.NO_CONTENT), ApiNoContentResponse({ description: 'Done.' }));

/** The same for a route whose handler tells the version that is left: its ETag. */
export const ApiNoContentWithEtag = (): MethodDecorator =>
  applyDecorators(HttpCode(HttpStatus.NO_CONTENT), ApiNoContentResponse({ description: 'Done.', headers: ETAG }));

/** The route reads a body or a query, and refuses what is not as documented. */
export const Validated = (): MethodDecorator => ApiProblems(ValidationFailed, PayloadTooLarge);

/** The body of a request. */
export const JsonBody = (schema: z.ZodType): ParameterDecorator => Body({ schema });

/** The query string of a request. */
export const QueryString = (schema: z.ZodType): ParameterDecorator => Query({ schema });

/** An id in the path. */
export const SnowflakeParam = (name: string): ParameterDecorator => Param(name, { schema: snowflake() });
