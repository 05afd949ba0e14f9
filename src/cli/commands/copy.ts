import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { mongo } from 'mongoose';
import { copyDatabase } from '../../database/embedded/copy';
import { startEmbeddedDatabase } from '../../database/embedded/embedded-database';
import { DATA_FILE } from '../../database/embedded/storage';
import { type Command, type CommandInput, onlyArgument, textOption } from '../command';
import { DATA_OPTION, readSetting } from '../environment';

const DEFAULT_DATA_DIR = '.data';

/** `derailed copy [uri]` */
export const copyCommand: Command = {
  name: 'copy',
  summary: 'Copy the embedded database to a MongoDB, or a MongoDB to the embedded database.',
  arguments: '[uri]',
  details: [
    'The server must be stopped. Without a URI the MongoDB of MONGODB_URI is used, so that the password need not be on the command line.',
  ],
  options: {
    ...DATA_OPTION,
    from: { type: 'boolean', description: 'Copy from the MongoDB to the embedded database.' },
  },
  async run(input) {
    const uri = uriOf(input);
    const data = textOption(input, 'data') ?? readSetting('DATA_DIR') ?? DEFAULT_DATA_DIR;
    const isFrom = input.options['from'] === true;
    // Starting the embedded database would create an empty one.
    if (!isFrom && !existsSync(join(data, DATA_FILE))) throw new Error(`There is no data in ${data}.`);
    const lines: string[] = [];
    const embedded = await startEmbeddedDatabase({ dataDir: data });
    const [ours, theirs] = [new mongo.MongoClient(embedded.uri), new mongo.MongoClient(uri)];
    try {
      const local = ours.db();
      const remote = theirs.db(databaseNameOf(uri) ?? local.databaseName);
      await copyDatabase(isFrom ? remote : local, isFrom ? local : remote, (line) => lines.push(line));
    } finally {
      await Promise.all([ours.close(), theirs.close()]);
      await embedded.stop();
    }
    return {
      json: { data, direction: isFrom ? 'from_mongodb' : 'to_mongodb', collections: lines },
      text: lines.join('\n'),
    };
  },
};

function uriOf(input: CommandInput): string {
  if (input.positionals.length > 0) return onlyArgument(input, 'The URI');
  return readSetting('MONGODB_URI') ?? onlyArgument(input, 'The URI of the MongoDB');
}

const databaseNameOf = (uri: string): string | undefined => /^[^/]+\/\/[^/]+\/([^?]+)/.exec(uri)?.[1];
