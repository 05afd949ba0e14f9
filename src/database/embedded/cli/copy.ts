import { mongo } from 'mongoose';
import { copyDatabase } from '../copy';
import { startEmbeddedDatabase } from '../embedded-database';
import { readArguments, runTool } from './arguments';

/** Copies everything to a MongoDB, or from one with `--from`; the application has to be stopped, so that nothing is missed. */
runTool(async () => {
  const { dataDir, from, positionals } = readArguments();
  const [uri] = positionals;
  if (uri === undefined) throw new Error('Which MongoDB? npm run db:copy -- <uri>, or npm run db:copy -- --from <uri> for the way back');
  const embedded = await startEmbeddedDatabase({ dataDir });
  const ours = new mongo.MongoClient(embedded.uri);
  const theirs = new mongo.MongoClient(uri);
  try {
    const local = ours.db();
    const remote = theirs.db(databaseNameOf(uri) ?? local.databaseName);
    await copyDatabase(from ? remote : local, from ? local : remote, (line) => process.stdout.write(`${line}\n`));
  } finally {
    await Promise.all([ours.close(), theirs.close()]);
    await embedded.stop();
  }
});

const databaseNameOf = (uri: string): string | undefined => /^[^/]+\/\/[^/]+\/([^?]+)/.exec(uri)?.[1];
