import { startEmbeddedDatabase } from '../embedded-database';
import { readArguments, runTool } from './arguments';

/** Serves a data folder by itself on a loopback port, for shells and other people's tools, until it is interrupted. */
runTool(async () => {
  const { dataDir, port } = readArguments();
  const database = await startEmbeddedDatabase({ dataDir, port });
  process.stdout.write(`${database.uri}\n`);
  const stop = (): void => runTool(() => database.stop());
  process.once('SIGINT', stop).once('SIGTERM', stop);
});
