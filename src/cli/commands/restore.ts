import { restore } from '../../database/embedded/backup';
import { type Command, onlyArgument } from '../command';
import { DATA_OPTION, dataFolder } from '../environment';

/** `derailed restore <folder>` */
export const restoreCommand: Command = {
  name: 'restore',
  summary: 'Replace the embedded database with a backup.',
  arguments: '<folder>',
  details: ['The server must be stopped. The replaced data file stays in the data folder under another name.'],
  options: DATA_OPTION,
  async run(input) {
    const source = onlyArgument(input, 'The folder with the backup');
    const data = dataFolder(input);
    const replaced = await restore(source, data);
    return {
      json: { backup: source, data, replaced: replaced ?? null },
      text: `Restored ${source} to ${data}.${replaced ? ` The replaced data is in ${replaced}.` : ''}`,
    };
  },
};
