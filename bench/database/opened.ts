import { startEmbeddedDatabase } from '../../src/database/embedded/embedded-database';
import { memory } from './memory';

/** Opens the folder that is named, and tells what memory that takes. */
async function main(): Promise<void> {
  const database = await startEmbeddedDatabase({ dataDir: process.argv[2] as string });
  process.stdout.write(JSON.stringify(memory()));
  await database.stop();
}

void main();
