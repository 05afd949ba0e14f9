import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { DocumentBuilder, type OpenAPIObject, SwaggerModule } from '@nestjs/swagger';
import { z } from 'zod';

/** Where Swagger UI is. */
export const DOCS_PATH = 'docs';

/** Serves Swagger UI at `/docs` and the OpenAPI document at `/docs/openapi.json`. */
export function serveDocs(app: NestFastifyApplication): void {
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
    .setDescription('The backend of a community chat platform. The gateway is described at `/docs/gateway`.')
    .setVersion('1')
    .setOpenAPIVersion('3.1.0')
    .addBearerAuth()
    .build();
  return SwaggerModule.createDocument(app, config, {
    operationIdFactory: (controller, method) => `${controller.replace('Controller', '')}_${method}`,
    standardSchemaConverter: (schema) => componentsOf(schema as z.ZodType),
  });
}

function componentsOf(schema: z.ZodType): { schema: unknown; components: Record<string, unknown> } {
  const { $defs: components = {}, ...rest } = wireSchema(schema);
  return { schema: rest, components: components as Record<string, unknown> };
}

/** The JSON Schema of a value as it travels: ids are strings there. */
export function wireSchema(schema: z.ZodType): Record<string, unknown> {
  const { $schema: _, ...rest } = z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any', reused: 'inline' }) as Record<string, unknown>;
  return rest;
}
