import { startEmbeddedDatabase } from '../../database/embedded/embedded-database';
import { type Command, noArguments, textOption, UsageError } from '../command';
import { DATA_OPTION, dataFolder } from '../environment';

const MAX_PORT = 65_535;

/** `derailed db-serve` */
export const dbServeCommand: Command = {
  name: 'db-serve',
  summary: 'Serve the embedded database to MongoDB tools until interrupted.',
  arguments: '',
  details: [
    'The server must be stopped. The printed URI contains a secret if a port is used; otherwise the database listens on a socket file of the current user.',
  ],
  options: {
    ...DATA_OPTION,
    port: {
      type: 'string',
      value: 'number',
      description: 'Listen on this port of 127.0.0.1 instead of a socket file. 0: any free port.',
    },
  },
  async run(input) {
    noArguments(input);
    const text = textOption(input, 'port');
    const port = text === undefined ? undefined : Number(text);
    if (port !== undefined && !(/^\d+$/.test(text ?? '') && port <= MAX_PORT))
      throw new UsageError(`--port must be a number from 0 to ${MAX_PORT}.`);
    const database = await startEmbeddedDatabase({ dataDir: dataFolder(input), port });
    const stop = (): void => void database.stop();
    process.once('SIGINT', stop).once('SIGTERM', stop);
    return { json: { uri: database.uri }, text: database.uri };
  },
};
