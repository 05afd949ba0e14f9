import { applyDecorators, HttpCode, HttpStatus } from '@nestjs/common';
import { ApiNoContentResponse, ApiOperation, ApiResponse } from '@nestjs/swagger';
import { PayloadTooLarge, ValidationFailed } from './common.errors';
import { type Shape, shapeReference } from './dto/json-schema';
import { ApiProblems } from './problems.decorator';

/** What a route does, in the words of its documentation. */
export const Summary = (summary: string): MethodDecorator => ApiOperation({ summary });

/** What a route answers when all went well. */
export const ApiResult = (shape: Shape, status: number = HttpStatus.OK): MethodDecorator =>
  applyDecorators(
    HttpCode(status),
    ApiResponse({ status, description: 'As it now is.', schema: shapeReference(shape) }),
  );

const ETAG = {
  ETag: {
    description: 'The guild’s version that this is true of, for `If-Match`.',
    schema: { type: 'string' as const, example: '"12"' },
  },
};

/** The same for a route whose handler tells the version too: its ETag. */
export const ApiResultWithEtag = (shape: Shape, status: number = HttpStatus.OK): MethodDecorator =>
  applyDecorators(
    HttpCode(status),
    ApiResponse({ status, description: 'As it now is.', schema: shapeReference(shape), headers: ETAG }),
  );

/** The route answers 204 and nothing else. */
export const ApiNoContent = (): MethodDecorator =>
  applyDecorators(HttpCode(HttpStatus.NO_CONTENT), ApiNoContentResponse({ description: 'Done.' }));

/** The same for a route whose handler tells the version that is left: its ETag. */
export const ApiNoContentWithEtag = (): MethodDecorator =>
  applyDecorators(HttpCode(HttpStatus.NO_CONTENT), ApiNoContentResponse({ description: 'Done.', headers: ETAG }));

/** The route reads a body or a query, and refuses what is not as documented. */
export const Validated = (): MethodDecorator => ApiProblems(ValidationFailed, PayloadTooLarge);
