import { parseEnvironment } from '../../src/config/config.service';
import { type Derailed, bootstrap } from '../../src/bootstrap';
import { temporaryFolder } from '../database/world';

/** The whole application on one database, without limits. */
export interface Bench {
  /** What database it is. */
  readonly database: string;
  readonly url: string;
  readonly app: Derailed['app'];
  stop(): Promise<void>;
}

/** Starts the application on the embedded database, or on the MongoDB that a URI names, in a database of its own. */
export async function startBench(uri?: string, settings: Record<string, string> = {}): Promise<Bench> {
  const folder = temporaryFolder();
  const named = uri && new URL(uri);
  if (named) named.pathname = `/derailed_bench_${process.pid}`;
  const environment = {
    PORT: '0',
    DATA_DIR: folder.path,
    LOG_LEVEL: 'silent',
    RATE_LIMITS: 'off',
    ...(named && { MONGODB_URI: named.toString() }),
    ...settings,
  };
  const derailed = await bootstrap(parseEnvironment(environment));
  return {
    database: uri ? 'other' : 'embedded',
    url: derailed.url,
    app: derailed.app,
    stop: async () => {
      if (uri) await derailed.app.get<{ dropDatabase(): Promise<unknown> }>('DatabaseConnection').dropDatabase();
      await derailed.stop();
      folder.remove();
    },
  };
}

const { BENCH_URI } = process.env;

/** The embedded database, and the MongoDB that BENCH_URI names, if it does. */
export const benchUris = (): readonly (string | undefined)[] => [undefined, ...(BENCH_URI ? [BENCH_URI] : [])];

/** What tables tell about the databases that they compare. */
export const databasesLegend = (): string =>
  BENCH_URI
    ? 'other: the MongoDB that BENCH_URI names'
    : 'on the embedded database alone: BENCH_URI names no other MongoDB';

/** Asks the API, as whom a token names. @throws when it is refused */
export async function ask<Body>(
  { url }: Pick<Bench, 'url'>,
  token: string | undefined,
  method: string,
  path: string,
  body?: unknown,
): Promise<Body> {
  const headers = {
    ...(token && { authorization: `Bearer ${token}` }),
    ...(body !== undefined && { 'content-type': 'application/json' }),
  };
  const answer = await fetch(`${url}/api/v1${path}`, {
    method,
    headers,
    ...(body !== undefined && { body: JSON.stringify(body) }),
  });
  if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${await answer.text()}`);
  return (answer.status === 204 ? undefined : await answer.json()) as Body;
}

let registered = 0;

/** Somebody with an account. */
export async function register(bench: Pick<Bench, 'url'>): Promise<{ id: string; token: string }> {
  registered += 1;
  const username = `bench-${process.pid}-${registered}`;
  const { token, user } = await ask<{ token: string; user: { id: string } }>(
    bench,
    undefined,
    'POST',
    '/auth/register',
    { username, email: `${username}@example.org`, password: 'correct horse battery' },
  );
  return { id: user.id, token };
}
