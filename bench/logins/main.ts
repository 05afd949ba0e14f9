import { table } from '../support/statistics';
import { BenchServer } from './server';

const LOGINS = 270;
const REGISTER_AT_ONCE = 20;
const QUIET_READS = 400;
const PASSWORD = 'correct horse battery';

const emailOf = (index: number): string => `bench-${index}@example.org`;

const percentile = (values: readonly number[], share: number): number =>
  values.toSorted((a, b) => a - b)[Math.ceil(values.length * share) - 1] ?? Number.NaN;

async function post(url: string, path: string, body: object): Promise<Response> {
  return fetch(`${url}/api/v1${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
}

async function registerAll(url: string): Promise<string> {
  let token = '';
  for (let from = 0; from <= LOGINS; from += REGISTER_AT_ONCE) {
    const batch = Array.from({ length: Math.min(REGISTER_AT_ONCE, LOGINS + 1 - from) }, (_, index) =>
      post(url, '/auth/register', {
        username: `bench-${from + index}`,
        email: emailOf(from + index),
        password: PASSWORD,
      }),
    );
    for (const response of await Promise.all(batch)) token = ((await response.json()) as { token: string }).token;
  }
  return token;
}

/** Reads one after the other while `isOver` is false. @returns milliseconds of each read */
async function read(url: string, token: string, isOver: (done: number) => boolean): Promise<number[]> {
  const times: number[] = [];
  while (!isOver(times.length)) {
    const startedMs = performance.now();
    const response = await fetch(`${url}/api/v1/users/@me`, { headers: { authorization: `Bearer ${token}` } });
    await response.arrayBuffer();
    times.push(performance.now() - startedMs);
  }
  return times;
}

/** Measures what 270 simultaneous logins cost other users: latency of reads and memory. */
async function main(): Promise<void> {
  const server = await BenchServer.start();
  try {
    const token = await registerAll(server.url);
    await read(server.url, token, (done) => done === QUIET_READS);
    const quiet = await read(server.url, token, (done) => done === QUIET_READS);
    const before = server.residentMib();
    let [isOver, peak] = [false, before];
    const sampling = setInterval(() => (peak = Math.max(peak, server.residentMib())), 20);
    const startedMs = performance.now();
    const logins = Promise.all(
      Array.from({ length: LOGINS }, (_, index) =>
        post(server.url, '/auth/login', { email: emailOf(index), password: PASSWORD }),
      ),
    ).finally(() => (isOver = true));
    const loaded = await read(server.url, token, () => isOver);
    const statuses = (await logins).map(({ status }) => status);
    const tookMs = performance.now() - startedMs;
    clearInterval(sampling);
    const row = (name: string, times: readonly number[]): string[] => [
      name,
      ...[0.5, 0.99].map((share) => percentile(times, share).toFixed(1)),
      String(times.length),
    ];
    process.stdout.write(
      `${table(['reads of another user', 'median ms', 'p99 ms', 'reads'], [row('quiet', quiet), row(`during ${LOGINS} logins`, loaded)])}\n`,
    );
    process.stdout.write(`p99 ratio ${(percentile(loaded, 0.99) / percentile(quiet, 0.99)).toFixed(2)} (bar: 3)\n`);
    process.stdout.write(
      `logins: ${statuses.filter((status) => status === 200).length} succeeded, ${statuses.filter((status) => status === 503).length} were answered 503, in ${(tookMs / 1_000).toFixed(1)} s\n`,
    );
    process.stdout.write(`memory: +${(peak - before).toFixed(0)} MiB (bar: 100)\n`);
  } finally {
    server.stop();
  }
}

void main();
