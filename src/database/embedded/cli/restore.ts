import { restore } from '../backup';
import { readArguments, runTool } from './arguments';

/** Puts a backup in the place of the data; what was there before stays beside it under another name. */
runTool(async () => {
  const { dataDir, positionals } = readArguments();
  const [source] = positionals;
  if (source === undefined) throw new Error('Which backup should be restored? npm run db:restore -- <folder>');
  const aside = await restore(source, dataDir);
  process.stdout.write(`${source} is restored to ${dataDir}.${aside ? ` What was there is now ${aside}.` : ''}\n`);
});
