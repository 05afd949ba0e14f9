import { mongo } from 'mongoose';
import type { Environment } from '../config/config.schema';
import { startEmbeddedDatabase } from './embedded/embedded-database';

/** The database that the application talks to. */
export interface DatabaseServer {
  readonly uri: string;
  stop(): Promise<void>;
}

/**
 * Returns the MongoDB of MONGODB_URI, or starts the embedded database with its data in DATA_DIR.
 *
 * @throws Error naming MONGODB_URI if the driver cannot parse it, or DATA_DIR if the folder cannot be used
 */
export async function openDatabase({ MONGODB_URI: uri, DATA_DIR: dataDir }: Environment): Promise<DatabaseServer> {
  if (uri === undefined)
    return startEmbeddedDatabase({ dataDir }).catch((error: unknown) => {
      throw settingError('DATA_DIR', error);
    });
  assertUri(uri);
  return { uri, stop: () => Promise.resolve() };
}

function assertUri(uri: string): void {
  try {
    // Parses the URI; connects to nothing.
    new mongo.MongoClient(uri);
  } catch (error) {
    throw settingError('MONGODB_URI', error);
  }
}

function settingError(setting: string, cause: unknown): Error {
  const message = cause instanceof Error ? cause.message : String(cause);
  return new Error(`${setting}: ${message.replace(/\.$/, '')}.`, { cause });
}
