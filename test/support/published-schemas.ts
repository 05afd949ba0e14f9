import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import type { ValidateFunction } from 'ajv';
import Ajv2020 from 'ajv/dist/2020';
import addFormats from 'ajv-formats';
import { EVENTS } from '../../src/event-catalog';
import { asyncApi } from '../../src/gateway/protocol/async-api';
import { openApi } from '../../src/openapi/openapi';

/*
 * Validates what clients receive against the published documents. Each schema is compiled once per file of the suite.
 */

interface Operation {
  readonly responses: Readonly<Record<string, { readonly content?: Readonly<Record<string, unknown>> }>>;
}

interface Route {
  readonly pattern: RegExp;
  readonly path: string;
  readonly item: Readonly<Record<string, Operation | undefined>>;
}

const ASYNC_API = 'asyncapi';
const OPEN_API = 'openapi';

const ajv = new Ajv2020({ strict: false, allErrors: true });
addFormats(ajv);
ajv.addSchema(asyncApi(EVENTS), ASYNC_API);

let routes: readonly Route[] | undefined;

const pointer = (...segments: readonly string[]): string =>
  segments.map((segment) => `/${encodeURIComponent(segment.replaceAll('~', '~0').replaceAll('/', '~1'))}`).join('');

/** Returns how a value deviates from a schema of a document; empty if it does not. */
function deviationsFrom(reference: string, value: unknown): string[] {
  const validate = ajv.getSchema(reference) as ValidateFunction | undefined;
  if (!validate) return [`${reference} is not published`];
  return validate(value)
    ? []
    : (validate.errors ?? []).map(
        ({ instancePath, message, params }) => `${instancePath} ${message ?? ''} ${JSON.stringify(params)}`,
      );
}

/** Returns how an event deviates from the AsyncAPI document. */
export const eventDeviations = (name: string, data: unknown): string[] =>
  deviationsFrom(`${ASYNC_API}#${pointer('components', 'schemas', name)}`, data);

/** Returns how the acknowledgement of an interaction deviates from the AsyncAPI document. */
export const acknowledgementDeviations = (name: string, answer: unknown): string[] =>
  eventDeviations(`${name}:ack`, answer);

/** Returns how a response deviates from the OpenAPI document. Requests that match no route are not checked. */
export function responseDeviations(
  app: NestFastifyApplication,
  {
    method,
    path,
    status,
    body,
    type,
  }: { method: string; path: string; status: number; body: unknown; type: string | undefined },
): string[] {
  const route = (routes ??= publishedRoutes(app)).find(({ pattern }) => pattern.test(path.split('?', 1)[0] ?? ''));
  const response = route?.item[method]?.responses[status];
  const media = type?.split(';', 1)[0] ?? '';
  if (!route || !response?.content?.[media]) return [];
  return deviationsFrom(
    `${OPEN_API}#${pointer('paths', route.path, method, 'responses', String(status), 'content', media, 'schema')}`,
    body,
  );
}

function publishedRoutes(app: NestFastifyApplication): Route[] {
  const document = openApi(app);
  ajv.addSchema(document, OPEN_API);
  return Object.entries(document.paths)
    .map(([path, item]) => ({
      path,
      item: item as Route['item'],
      pattern: new RegExp(`^${path.replace(/\{\w+\}/g, '[^/]+')}$`),
    }))
    .toSorted((a, b) => countParameters(a.path) - countParameters(b.path));
}

const countParameters = (path: string): number => path.split('{').length;
