import { decode } from '../../src/database/embedded/bson';
import { type Collection, keyInTree, treeRange } from '../../src/database/embedded/catalog';
import { entriesOf } from '../../src/database/embedded/documents';
import type { Index } from '../../src/database/embedded/indexes';
import type { Storage } from '../../src/database/embedded/storage';

/** The names of the indexes that don't have exactly the entries of their documents: none when all is well. */
export function disagreeing(storage: Storage, { id, indexes }: Collection): string[] {
  const shown = (entry: Buffer, idKey: Buffer): string => `${entry.toString('hex')} ${idKey.toString('hex')}`;
  const disagrees = (index: Index): boolean => {
    const requested = Array.from(storage.scan(treeRange(id)), ({ key, value }) =>
      entriesOf(index, decode(value), keyInTree(key)).map((entry) => shown(entry, keyInTree(key))),
    );
    const stored = Array.from(storage.scan(treeRange(index.id)), ({ key, value }) => shown(key, value));
    return requested.flat().toSorted().join() !== stored.join();
  };
  return indexes.filter(disagrees).map(({ name }) => name);
}
