import { request } from 'node:http';
import { parseEnvironment } from '../../config/config.service';
import { type Command, noArguments } from '../command';
import { loadEnvironment } from '../environment';

const TIMEOUT_MS = 2_500;
// Addresses that stand for all interfaces, and the loopback address of each.
const LOOPBACK: Readonly<Record<string, string>> = { '0.0.0.0': '127.0.0.1', '::': '::1' };

/** `derailed health` */
export const healthCommand: Command = {
  name: 'health',
  summary: 'Check whether the server at HOST and PORT is ready.',
  arguments: '',
  details: ['Exit code 0 if it is ready, 1 otherwise. Used as the health check of the container image.'],
  options: {},
  async run(input) {
    noArguments(input);
    const { HOST: host, PORT: port } = parseEnvironment(loadEnvironment().variables);
    const { status, body } = await get(LOOPBACK[host] ?? host, port);
    if (status !== 200) throw new Error(`The server is not ready: ${status} ${body}`);
    return { json: JSON.parse(body) as object, text: 'The server is ready.' };
  },
};

const get = (host: string, port: number): Promise<{ readonly status: number | undefined; readonly body: string }> =>
  new Promise((resolve, reject) => {
    const asked = request({ host, port, path: '/health/ready', timeout: TIMEOUT_MS }, (response) => {
      let body = '';
      response.setEncoding('utf8').on('data', (text: string) => (body += text));
      response.on('end', () => resolve({ status: response.statusCode, body }));
    });
    asked.on('timeout', () => asked.destroy(new Error(`no response within ${TIMEOUT_MS} ms`)));
    asked.on('error', (error) => reject(new Error(`The server at ${host}:${port} does not respond: ${error.message}`)));
    asked.end();
  });
