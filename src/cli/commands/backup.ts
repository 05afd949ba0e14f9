import { backUp } from '../../database/embedded/backup';
import { type Command, onlyArgument } from '../command';
import { DATA_OPTION, dataFolder } from '../environment';

/** `derailed backup <folder>` */
export const backupCommand: Command = {
  name: 'backup',
  summary: 'Copy a consistent snapshot of the embedded database into an empty folder.',
  arguments: '<folder>',
  details: [
    'The server may be running. The snapshot contains everything that was acknowledged before the command started.',
  ],
  options: DATA_OPTION,
  async run(input) {
    const target = onlyArgument(input, 'The folder for the backup');
    const data = dataFolder(input);
    await backUp(data, target);
    return { json: { data, backup: target }, text: `Backed up ${data} to ${target}.` };
  },
};
