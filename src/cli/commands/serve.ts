import { resolve } from 'node:path';
import { parseEnvironment } from '../../config/config.service';
import type { Environment } from '../../config/config.schema';
import { bootstrap } from '../../bootstrap';
import { type Command, noArguments } from '../command';
import { loadEnvironment } from '../environment';

/** `derailed serve` */
export const serveCommand: Command = {
  name: 'serve',
  summary: 'Start the server.',
  arguments: '',
  details: [
    'Reads the settings from the environment and from .env in the working folder. SIGTERM and SIGINT stop it gracefully.',
  ],
  options: {},
  async run(input) {
    noArguments(input);
    const { variables, warnings } = loadEnvironment();
    const environment = parseEnvironment(variables);
    for (const warning of warnings) process.stderr.write(`Warning: ${warning}\n`);
    const derailed = await bootstrap(environment);
    const stop = (): void => {
      setTimeout(() => process.exit(1), environment.SHUTDOWN_SECONDS * 1_000).unref();
      void derailed.stop().then(() => process.exit(0));
    };
    process.once('SIGTERM', stop).once('SIGINT', stop);
    return { json: { url: derailed.url, pid: process.pid }, text: welcome(derailed.url, environment) };
  },
};

const welcome = (url: string, { MONGODB_URI: uri, DATA_DIR: dataDir }: Environment): string => `
  Derailed is running.
    API      ${url}/api/v1
    Docs     ${url}/docs   (Swagger UI; the gateway: ${url}/docs/gateway)
    Data     ${uri === undefined ? `${resolve(dataDir)} (embedded database)` : 'the MongoDB of MONGODB_URI'}
    Stop     Ctrl-C
`;
