import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { parseEnvironment } from './config/config';
import type { Environment } from './config/config.schema';
import { startDerailed } from './derailed';

const say = (line: string): void => void process.stdout.write(`${line}\n`);

function greet(url: string, { MONGODB_URI: uri, DATA_DIR: dataDir }: Environment): void {
  say(`
  Derailed is running.
    API      ${url}/api/v1
    Docs     ${url}/docs   (Swagger UI; the gateway: ${url}/docs/gateway)
    Data     ${uri === undefined ? `${resolve(dataDir)} (embedded database)` : 'the MongoDB of MONGODB_URI'}
    Stop     Ctrl-C
`);
}

async function main(): Promise<void> {
  if (existsSync('.env')) process.loadEnvFile('.env');
  const environment = parseEnvironment(process.env);
  const derailed = await startDerailed(environment);
  greet(derailed.url, environment);
  const stop = (): void => {
    setTimeout(() => process.exit(1), environment.SHUTDOWN_SECONDS * 1_000).unref();
    void derailed.stop().then(() => process.exit(0));
  };
  process.once('SIGTERM', stop);
  process.once('SIGINT', stop);
}

main().catch((error: unknown) => {
  process.stderr.write(`Derailed can't start: ${error instanceof Error ? error.message : String(error)}\n`);
  process.exit(1);
});
