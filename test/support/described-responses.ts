import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { openApi } from '../../src/openapi/openapi';

// Loaded with the world, and therefore by each file of the end-to-end suite: each response that a spec received there must be declared in the OpenAPI
// document, by route, status and problem code.

/** What the OpenAPI document declares for one route. */
interface DescribedRoute {
  readonly name: string;
  readonly method: string;
  readonly segments: readonly string[];
  /** Problem codes by status; empty for a success. */
  readonly codes: ReadonlyMap<string, ReadonlySet<string>>;
}

interface Response {
  readonly content?: Readonly<Record<string, { readonly examples?: Readonly<Record<string, unknown>> }>>;
}

const PARAMETER = /^\{\w+\}$/;
const ID = /^\d+$/;

let app: NestFastifyApplication | undefined;
const received = new Map<
  string,
  { readonly method: string; readonly path: string; readonly status: number; readonly code: string | undefined }
>();

/** Sets the application whose OpenAPI document describes the responses. */
export const describedBy = (described: NestFastifyApplication): void => void (app ??= described);

/** Records a response, once for each route, status and code. */
export function recordResponse(method: string, target: string, status: number, body: unknown): void {
  if (status < 200) return;
  const path = target
    .split('?', 1)[0]!
    .split('/')
    .map((segment) => (ID.test(segment) ? '1' : segment))
    .join('/');
  const { code } = (body ?? {}) as { code?: unknown };
  const response = {
    method: method.toLowerCase(),
    path,
    status,
    code: status >= 400 && typeof code === 'string' ? code : undefined,
  };
  received.set(`${response.method} ${path} ${status} ${response.code}`, response);
}

/** Returns the recorded responses that are not declared, as text. */
function undeclared(): string[] {
  if (!app || received.size === 0) return [];
  const routes = describedRoutes(app);
  const found = [...received.values()].flatMap(({ method, path, status, code }) => {
    const route = routeOf(routes, method, path);
    const codes = route?.codes.get(String(status));
    return !route || (codes && (code === undefined || codes.has(code)))
      ? []
      : [`${route.name}: ${status} ${code ?? ''}`];
  });
  return [...new Set(found)].toSorted();
}

function describedRoutes(described: NestFastifyApplication): DescribedRoute[] {
  const { paths } = openApi(described);
  return Object.entries(paths).flatMap(([path, item]) =>
    Object.entries(item as Record<string, { responses: Record<string, Response> }>).map(([method, { responses }]) => ({
      name: `${method} ${path}`,
      method,
      segments: path.split('/'),
      codes: new Map(
        Object.entries(responses).map(([status, { content }]) => [
          status,
          new Set(Object.keys(content?.['application/problem+json']?.examples ?? {})),
        ]),
      ),
    })),
  );
}

/** Returns the route of a path: of several, the one with the most literal segments. */
function routeOf(routes: readonly DescribedRoute[], method: string, path: string): DescribedRoute | undefined {
  const segments = path.split('/');
  const fits = (route: DescribedRoute): boolean =>
    route.method === method &&
    route.segments.length === segments.length &&
    route.segments.every((segment, index) =>
      PARAMETER.test(segment) ? segments[index] !== '' : segment === segments[index],
    );
  const parameters = ({ segments: own }: DescribedRoute): number =>
    own.filter((segment) => PARAMETER.test(segment)).length;
  return routes.filter(fits).toSorted((a, b) => parameters(a) - parameters(b))[0];
}

afterAll(() => expect(undeclared()).toEqual([]));
