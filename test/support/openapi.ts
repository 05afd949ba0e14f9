import type { World } from './world';

export type Method = 'get' | 'post' | 'put' | 'patch' | 'delete';

interface Parameter {
  readonly name: string;
  readonly in: string;
  readonly description?: string;
}

/** One route of the OpenAPI document. */
export interface Route {
  readonly method: Method;
  /** As documented, with `/api/v1` and parameters in braces. */
  readonly path: string;
  readonly isPublic: boolean;
  readonly hasBody: boolean;
  readonly parameters: readonly Parameter[];
  /** The schema of the JSON body, if the route reads one. */
  readonly bodySchema?: object | undefined;
}

interface Operation {
  readonly security?: unknown[];
  readonly requestBody?: { readonly content: Readonly<Record<string, { readonly schema: object }>> };
  readonly parameters?: readonly Parameter[];
}

/** Returns all routes of the OpenAPI document. */
export async function documentedRoutes(world: World): Promise<Route[]> {
  const { paths } = (await world.ask('get', '/docs/openapi.json')).body as unknown as {
    paths: Record<string, Record<string, Operation>>;
  };
  return Object.entries(paths).flatMap(([path, item]) =>
    Object.entries(item).map(([method, { security, requestBody, parameters = [] }]) => ({
      method: method as Method,
      path,
      isPublic: security === undefined,
      hasBody: requestBody !== undefined,
      parameters,
      bodySchema: requestBody?.content['application/json']?.schema,
    })),
  );
}

/** Returns the path of a route with a value for each parameter, `1` where none is given. */
export const fillPath = ({ path }: Pick<Route, 'path'>, values: Readonly<Record<string, string>> = {}): string =>
  path.replace(/\{(\w+)\}/g, (_, name: string) => encodeURIComponent(values[name] ?? '1'));
