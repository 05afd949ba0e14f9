import { type Collection, keyInTree, treeRange } from './catalog';
import { type Documents, Found } from './documents';
import type { Filter } from './filter';
import { matches } from './match';
import { type Bounds, planFor, type Scan, type Sort } from './plan';
import type { Entry, Storage } from './storage';

/** A query: filter, order and range. */
export interface Query {
  readonly filter: Filter;
  readonly sort?: Sort | undefined;
  readonly skip?: number;
  /** 0 for all. */
  readonly limit?: number;
}

/** The costs of a search. */
export interface Cost {
  keys: number;
  documents: number;
}

/** Finds documents. */
export class QueryExecutor {
  constructor(
    private readonly storage: Storage,
    private readonly documents: Documents,
  ) {}

  /** Yields the documents that a query finds; none in a collection that does not exist. */
  *find(
    collection: Collection | undefined,
    { filter, sort, skip = 0, limit = 0 }: Query,
    cost: Cost = { keys: 0, documents: 0 },
  ): Generator<Found> {
    if (!collection) return;
    const { scans, residual } = planFor(collection, filter, sort);
    let position = 0;
    for (const found of this.from(collection, scans, cost)) {
      cost.documents += 1;
      if (residual && !matches(residual, found.document)) continue;
      position += 1;
      if (position > skip) yield found;
      if (limit > 0 && position === skip + limit) return;
    }
  }

  /** Yields the entries of several scans, each once. */
  private *from(collection: Collection, scans: readonly Scan[], cost: Cost): Generator<Found> {
    const given = scans.length > 1 || scans[0]?.index?.multikey ? new Set<string>() : undefined;
    for (const scan of scans) {
      for (const found of this.scan(collection, scan, cost)) {
        const id = given && found.idKey.toString('latin1');
        if (id !== undefined && given?.has(id)) continue;
        if (id !== undefined) given?.add(id);
        yield found;
      }
    }
  }

  private *scan(
    collection: Collection,
    { index, bounds, reverse, onlyOne, merged }: Scan,
    cost: Cost,
  ): Generator<Found> {
    if (!index && onlyOne) {
      const { start } = bounds[0] as Bounds;
      const bytes = this.documents.find(collection, start);
      cost.keys += 1;
      if (bytes) yield new Found(start, bytes);
      return;
    }
    const ranges = (reverse ? bounds.toReversed() : bounds).map(({ start, end, lookedUp }) => ({
      lookedUp,
      entries: this.storage.scan(treeRange(index?.id ?? collection.id, start, end), reverse),
    }));
    for (const { key, value } of merged ? mergedEntries(ranges, reverse) : oneAfterTheOther(ranges)) {
      cost.keys += 1;
      const found = index ? this.documents.indexed(collection, index, key, value) : new Found(keyInTree(key), value);
      if (found) yield found;
    }
  }
}

interface Range {
  readonly entries: Generator<Entry>;
  readonly lookedUp: number;
}

function* oneAfterTheOther(ranges: readonly Range[]): Generator<Entry> {
  for (const { entries } of ranges) yield* entries;
}

/** Merges the entries of several ordered ranges in the order of the key bytes behind the equality values. */
function* mergedEntries(ranges: readonly Range[], reverse: boolean): Generator<Entry> {
  let heads = ranges.flatMap(headOf);
  const turn = reverse ? -1 : 1;
  for (let [first] = heads; first; [first] = heads) {
    for (const head of heads) if (head.rest.compare(first.rest) * turn < 0) first = head;
    const { entry, range } = first;
    yield entry;
    heads = heads.flatMap((head) => (head === first ? headOf(range) : [head]));
  }
}

function headOf(range: Range): { readonly entry: Entry; readonly rest: Buffer; readonly range: Range }[] {
  const { value: entry, done } = range.entries.next() as IteratorResult<Entry, void>;
  return done ? [] : [{ entry, rest: keyInTree(entry.key).subarray(range.lookedUp), range }];
}
