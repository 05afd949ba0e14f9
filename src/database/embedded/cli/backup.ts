import { backUp } from '../backup';
import { readArguments, runTool } from './arguments';

/** Copies a consistent snapshot of the data into an empty folder, whether or not the application runs. */
runTool(async () => {
  const { dataDir, positionals } = readArguments();
  const [target] = positionals;
  if (target === undefined) throw new Error('Which folder should the backup go to? npm run db:backup -- <folder>');
  await backUp(dataDir, target);
  process.stdout.write(`${dataDir} is backed up in ${target}.\n`);
});
