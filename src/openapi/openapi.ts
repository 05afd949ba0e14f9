import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { DocumentBuilder, type OpenAPIObject, SwaggerModule } from '@nestjs/swagger';
import { referredSchemas } from '../common/dto/json-schema';
import { addProblemResponses } from './openapi-problems';
import { DocumentCache } from './document-cache';

/** Where Swagger UI is. */
export const DOCS_PATH = 'docs';

/** Returns whether a path is a document: Swagger UI, OpenAPI or AsyncAPI. */
const isDocument = (path: string): boolean => path === `/${DOCS_PATH}` || path.startsWith(`/${DOCS_PATH}/`);

/** Serves Swagger UI at `/docs` and the OpenAPI document at `/docs/openapi.json`, each generated once. */
export function serveDocumentation(app: NestFastifyApplication): void {
  new DocumentCache(isDocument).register(app.getHttpAdapter().getInstance());
  SwaggerModule.setup(DOCS_PATH, app, () => openApi(app), {
    jsonDocumentUrl: `${DOCS_PATH}/openapi.json`,
    yamlDocumentUrl: `${DOCS_PATH}/openapi.yaml`,
    customSiteTitle: 'Derailed API',
    swaggerOptions: { persistAuthorization: true, tagsSorter: 'alpha' },
  });
}

/** The OpenAPI document of all routes. */
export function openApi(app: NestFastifyApplication): OpenAPIObject {
  const config = new DocumentBuilder()
    .setTitle('Derailed')
    .setDescription(
      'The backend of a community chat platform. Register, take the `token`, press *Authorize*. The gateway is described at `/docs/gateway`.',
    )
    .setVersion('1')
    .setOpenAPIVersion('3.1.0')
    .addBearerAuth()
    .build();
  const document = SwaggerModule.createDocument(app, config, {
    operationIdFactory: (controller, method) => `${controller.replace('Controller', '')}_${method}`,
  });
  const schemas = referredSchemas(document.paths) as NonNullable<NonNullable<OpenAPIObject['components']>['schemas']>;
  return addProblemResponses({ ...document, components: { ...document.components, schemas } });
}
