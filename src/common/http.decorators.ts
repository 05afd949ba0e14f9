import { applyDecorators, HttpCode, HttpStatus } from '@nestjs/common';
import { ApiNoContentResponse, ApiOperation, ApiResponse } from '@nestjs/swagger';
import { type Shape, shapeReference } from './dto/json-schema';

/** Sets the summary of a route in the OpenAPI document. */
export const Summary = (summary: string): MethodDecorator => ApiOperation({ summary });

/** Documents the result of a route and sets its status. */
export const ApiResult = (shape: Shape, status: number = HttpStatus.OK): MethodDecorator =>
  applyDecorators(
    HttpCode(status),
    ApiResponse({ status, description: 'The current state.', schema: shapeReference(shape) }),
  );

const ETAG = {
  ETag: {
    description: 'Version of the guild that the response reflects, for `If-Match`.',
    schema: { type: 'string' as const, example: '"12"' },
  },
};

/** As `ApiResult`, for a route that returns the guild's version as ETag. */
export const ApiResultWithEtag = (shape: Shape, status: number = HttpStatus.OK): MethodDecorator =>
  applyDecorators(
    HttpCode(status),
    ApiResponse({ status, description: 'The current state.', schema: shapeReference(shape), headers: ETAG }),
  );

/** Documents and sets status 204 without a body. */
export const ApiNoContent = (): MethodDecorator =>
  applyDecorators(HttpCode(HttpStatus.NO_CONTENT), ApiNoContentResponse({ description: 'Done.' }));

/** As `ApiNoContent`, for a route that returns the guild's version as ETag. */
export const ApiNoContentWithEtag = (): MethodDecorator =>
  applyDecorators(HttpCode(HttpStatus.NO_CONTENT), ApiNoContentResponse({ description: 'Done.', headers: ETAG }));
