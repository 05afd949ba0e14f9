import type { Environment } from '../config/config.schema';
import { startEmbeddedDatabase } from './embedded/embedded-database';

/** The database that the application talks to. */
export interface DatabaseServer {
  readonly uri: string;
  stop(): Promise<void>;
}

/** The MongoDB that is named, or the embedded one with its data in DATA_DIR. */
export async function openDatabase({ MONGODB_URI: uri, DATA_DIR: dataDir }: Environment): Promise<DatabaseServer> {
  return uri === undefined ? startEmbeddedDatabase({ dataDir }) : { uri, stop: () => Promise.resolve() };
}
