import { runDemo } from '../../demo/run-demo';
import { type Command, noArguments, textOption } from '../command';
import { readSetting } from '../environment';

/** `derailed demo` */
export const demoCommand: Command = {
  name: 'demo',
  summary: 'Play a narrated tour with real clients.',
  arguments: '',
  details: [
    'Starts a server of its own with temporary data, or uses a running server with --url. On a running server it keeps three accounts and uses them again.',
  ],
  options: {
    url: { type: 'string', value: 'url', description: 'A running server, for example http://127.0.0.1:3000.' },
    accounts: {
      type: 'string',
      value: 'file',
      description: 'File that keeps the accounts on a running server. Default: a file in the temporary folder.',
    },
  },
  async run(input) {
    noArguments(input);
    const isJson = input.options['json'] === true;
    const write = (line: string): void => {
      if (!isJson) process.stdout.write(`${line}\n`);
    };
    await runDemo({
      url: textOption(input, 'url'),
      accountsFile: textOption(input, 'accounts'),
      metricsToken: readSetting('METRICS_TOKEN'),
      write,
    });
    return { json: { succeeded: true }, text: '' };
  },
};
