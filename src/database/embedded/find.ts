import { decode, type Doc } from './bson';
import { type Collection, keyInTree, treeRange } from './catalog';
import type { Documents, Stored } from './documents';
import { CommandError } from './errors';
import type { Filter } from './filter';
import { type KeyPattern, sortKeyOf } from './indexes';
import { matches } from './match';
import { type Plan, planFor, type Source } from './plan';
import type { Entry, Storage } from './storage';

/** What to find, and in which order. */
export interface Query {
  readonly filter: Filter;
  readonly sort?: KeyPattern | undefined;
  readonly skip?: number;
  /** 0 for all. */
  readonly limit?: number;
}

/** What it took to find something. */
export interface Cost {
  keys: number;
  documents: number;
}

/** A document that was found; it is decoded when somebody looks into it. */
export class Found implements Stored {
  private decoded: Doc | undefined;

  constructor(
    readonly idKey: Buffer,
    readonly bytes: Buffer,
  ) {}

  get document(): Doc {
    return (this.decoded ??= decode(this.bytes));
  }
}

/** As much as a sort without an index may hold, in bytes. */
const MAX_SORT_BYTES = 100 * 1024 * 1024;

/** Finds documents. */
export class Finder {
  constructor(
    private readonly storage: Storage,
    private readonly documents: Documents,
  ) {}

  /** What a query finds, one by one; nothing in a collection that doesn't exist. */
  *find(collection: Collection | undefined, query: Query, cost: Cost = { keys: 0, documents: 0 }): Generator<Found> {
    if (!collection) return;
    const plan = planFor(collection, query.filter, query.sort);
    const { skip = 0, limit = 0 } = query;
    const found = this.matching(collection, plan, cost);
    const ordered = plan.sorted || !query.sort ? found : sorted(found, query.sort, limit && limit + skip);
    let position = 0;
    for (const each of ordered) {
      position += 1;
      if (position <= skip) continue;
      yield each;
      if (limit > 0 && position >= skip + limit) return;
    }
  }

  private *matching(collection: Collection, { source, residual }: Plan, cost: Cost): Generator<Found> {
    for (const stored of this.from(collection, source, cost)) {
      cost.documents += 1;
      if (!residual || matches(residual, stored.document)) yield stored;
    }
  }

  private *from(collection: Collection, source: Source, cost: Cost): Generator<Found> {
    if (source.kind === 'collection') {
      for (const { key, value } of this.storage.scan(treeRange(collection.id), source.reverse)) yield new Found(keyInTree(key), value);
      return;
    }
    if (source.kind === 'index' && !source.index?.multikey) return yield* this.fromIndex(collection, source, cost);
    // One document may be reached in several ways, and is given once.
    const given = new Set<string>();
    const sources = source.kind === 'union' ? source.sources : [source];
    for (const each of sources) {
      const stored = each.kind === 'index' ? this.fromIndex(collection, each, cost) : this.from(collection, each, cost);
      for (const found of stored) {
        const id = found.idKey.toString('latin1');
        if (given.has(id)) continue;
        given.add(id);
        yield found;
      }
    }
  }

  private *fromIndex(collection: Collection, { index, bounds, reverse, onlyOne, merged }: Extract<Source, { kind: 'index' }>, cost: Cost): Generator<Found> {
    if (!index && onlyOne) {
      for (const { start } of bounds) {
        const bytes = this.documents.find(collection, start);
        cost.keys += 1;
        if (bytes) yield new Found(start, bytes);
      }
      return;
    }
    const ranges = (reverse ? bounds.toReversed() : bounds).map(({ start, end, lookedUp }) => ({ lookedUp, entries: this.storage.scan(treeRange(index?.id ?? collection.id, start, end), reverse) }));
    for (const { key, value } of merged ? mergedEntries(ranges, reverse) : oneAfterTheOther(ranges)) {
      cost.keys += 1;
      const bytes = index ? this.documents.find(collection, value) : value;
      if (bytes) yield new Found(index ? value : keyInTree(key), bytes);
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

/** The entries of several ranges, each in order, as one in order: that of what follows the values looked up. */
function* mergedEntries(ranges: readonly Range[], reverse: boolean): Generator<Entry> {
  const heads = ranges.flatMap(headOf);
  const turn = reverse ? -1 : 1;
  while (heads.length > 0) {
    const first = heads.reduce((best, { rest }, at) => (rest.compare(heads[best]!.rest) * turn < 0 ? at : best), 0);
    const { entry, range } = heads[first]!;
    yield entry;
    heads.splice(first, 1, ...headOf(range));
  }
}

function headOf(range: Range): { readonly entry: Entry; readonly rest: Buffer; readonly range: Range }[] {
  const { value: entry, done } = range.entries.next() as IteratorResult<Entry, void>;
  return done ? [] : [{ entry, rest: keyInTree(entry.key).subarray(range.lookedUp), range }];
}

function sorted(found: Iterable<Found>, sort: KeyPattern, limit: number): Found[] {
  let held: { readonly key: Buffer; readonly found: Found }[] = [];
  let size = 0;
  const order = (): void => void held.sort((a, b) => a.key.compare(b.key));
  for (const each of found) {
    held.push({ key: sortKeyOf(sort, each.document), found: new Found(each.idKey, each.bytes) });
    size += each.bytes.length;
    if (limit > 0 && held.length >= limit * 2 + 1_000) {
      order();
      held = held.slice(0, limit);
      size = held.reduce((sum, { found: { bytes } }) => sum + bytes.length, 0);
    }
    if (size > MAX_SORT_BYTES) {
      throw new CommandError(292, 'QueryExceededMemoryLimitNoDiskUseAllowed', `Sort exceeded memory limit of ${MAX_SORT_BYTES} bytes.`);
    }
  }
  order();
  return (limit > 0 ? held.slice(0, limit) : held).map((each) => each.found);
}
