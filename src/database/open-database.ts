import { mongo } from 'mongoose';
import type { Environment } from '../config/config.schema';
import { startEmbeddedDatabase } from './embedded/embedded-database';

/** The database that the application talks to. */
export interface DatabaseServer {
  readonly uri: string;
  stop(): Promise<void>;
}

/** Returns the MongoDB of MONGODB_URI, or starts the embedded database with its data in DATA_DIR. @throws Error naming MONGODB_URI if the driver cannot parse it */
export async function openDatabase({ MONGODB_URI: uri, DATA_DIR: dataDir }: Environment): Promise<DatabaseServer> {
  if (uri === undefined) return startEmbeddedDatabase({ dataDir });
  assertUri(uri);
  return { uri, stop: () => Promise.resolve() };
}

function assertUri(uri: string): void {
  try {
    // Parses the URI; connects to nothing.
    void new mongo.MongoClient(uri);
  } catch (error) {
    throw new Error(`MONGODB_URI: ${error instanceof Error ? error.message : String(error)}.`, { cause: error });
  }
}
