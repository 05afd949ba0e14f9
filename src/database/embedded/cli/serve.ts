import { startEmbeddedDatabase } from '../embedded-database';
import { readArguments, runTool } from './arguments';

/** Serves a data folder to shells and other tools until it is interrupted: on a socket file, or with `--port` on a loopback port that requires the secret in the printed URI. */
runTool(async () => {
  const { dataDir, port } = readArguments();
  const database = await startEmbeddedDatabase({ dataDir, port });
  process.stdout.write(`${database.uri}\n`);
  const stop = (): void => runTool(() => database.stop());
  process.once('SIGINT', stop).once('SIGTERM', stop);
});
