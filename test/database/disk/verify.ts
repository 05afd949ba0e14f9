import { decode } from '../../../src/database/embedded/bson';
import { Engine } from '../../../src/database/embedded/engine';
import { Storage } from '../../../src/database/embedded/storage';
import { mongo } from 'mongoose';
import { disagreeing } from '../disagreeing';
import type { Item, Ledger } from './ledger';

/** Opens a data folder as a new process would, and describes what is wrong with it: documents, and indexes that disagree with them. */
export async function problemsIn(dataDir: string, ledger: Ledger): Promise<string[]> {
  const storage = await Storage.open(dataDir);
  try {
    const engine = new Engine(storage);
    const collection = engine.catalog.find('derailed.items');
    const found = [...engine.finder.find(collection, { filter: { op: 'and', filters: [] } })];
    const items = found.map(({ bytes }) => mongo.BSON.deserialize(bytes) as Item);
    for (const { bytes } of found) decode(bytes);
    return [...ledger.problemsOf(items), ...engine.catalog.all().flatMap((each) => disagreeing(storage, each))];
  } finally {
    await storage.close();
  }
}
