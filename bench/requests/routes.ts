import { responseWeight } from '../../src/throttling/response-weight';
import { BODIES } from './cases';
import { agentWith, type Request, send } from './client';
import type { FullGuild } from './guild';
import type { Server } from './server';

interface Measured {
  readonly name: string;
  readonly cpuMs: number;
}

/** What a route costs: its most expensive rejected request without and with a token, and a valid read. */
export interface RouteCost {
  readonly route: string;
  readonly anonymous: Measured;
  readonly rejected: Measured;
  /** CPU milliseconds of a valid GET at the limits of a guild; NaN for other methods. */
  readonly valid: number;
  readonly bytes: number;
  readonly weight: number;
}

type Paths = Record<
  string,
  Record<string, { readonly parameters?: readonly { readonly name: string; readonly in: string }[] }>
>;

// Each would end what the others need.
const ENDING = /^(POST \/api\/v1\/auth\/logout|DELETE )/;

/** Measures every route of the OpenAPI document, one request after another. */
export async function measureRoutes(server: Server, guild: FullGuild, repeat: number): Promise<RouteCost[]> {
  const { paths } = (await (await fetch(`${server.url}/docs/openapi.json`)).json()) as { paths: Paths };
  const agent = agentWith(1);
  const cost = async (request: Request): Promise<{ cpuMs: number; bytes: number; status: number }> => {
    const last = await send(agent, request);
    const before = await server.cpuMs();
    for (let sent = 0; sent < repeat; sent += 1) await send(agent, request);
    return { ...last, cpuMs: ((await server.cpuMs()) - before) / repeat };
  };
  const worst = async (request: Request): Promise<Measured> => {
    const bodies = request.method === 'GET' ? { none: undefined } : BODIES;
    let most: Measured = { name: '-', cpuMs: Number.NaN };
    for (const [name, body] of Object.entries(bodies)) {
      const { cpuMs } = await cost({ ...request, body });
      if (!(cpuMs <= most.cpuMs)) most = { name, cpuMs };
    }
    return most;
  };
  const rows: RouteCost[] = [];
  for (const [path, item] of Object.entries(paths)) {
    for (const [method, { parameters = [] }] of Object.entries(item)) {
      const route = `${method.toUpperCase()} ${path}`;
      const url =
        server.url +
        path.replace(/\{(\w+)\}/g, (_, name: string) => encodeURIComponent(guild.params[name] ?? '1')) +
        queryFor(method, path, parameters);
      const request = { method: method.toUpperCase(), url };
      const anonymous = await worst(request);
      const rejected = ENDING.test(route)
        ? { name: 'not sent', cpuMs: Number.NaN }
        : await worst({ ...request, token: guild.token });
      const valid = method === 'get' ? await cost({ ...request, token: guild.token }) : { cpuMs: Number.NaN, bytes: 0 };
      rows.push({
        route,
        anonymous,
        rejected,
        valid: valid.cpuMs,
        bytes: valid.bytes,
        weight: responseWeight(valid.bytes),
      });
    }
  }
  agent.destroy();
  return rows;
}

function queryFor(
  method: string,
  path: string,
  parameters: readonly { readonly name: string; readonly in: string }[],
): string {
  if (method !== 'get') return '';
  const names = parameters.filter((parameter) => parameter.in === 'query').map(({ name }) => name);
  const query = [
    ...(names.includes('limit') ? ['limit=100'] : []),
    ...(path.endsWith('/search') ? ['q=steam'] : []),
    ...(names.includes('explain') ? ['explain=true'] : []),
  ];
  return query.length > 0 ? `?${query.join('&')}` : '';
}
