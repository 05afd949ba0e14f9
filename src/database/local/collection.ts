import { deserialize, type DeserializeOptions, ObjectId, serialize } from 'bson';
import type { CollectionSpec, IndexSpec } from './catalogue';
import { CommandError, unsupported } from './errors';
import { type Entries, entriesOf } from './index-entries';
import { keyOf } from './keys';
import { compileFilter } from './match';
import { candidatesAt } from './paths';
import { isIdIndex, type Plan, planFor, type Sort } from './plan';
import { isTooLong, type Storage } from './storage';
import { compare, type Doc, Rank, rankOf } from './values';

/** int64 as bigint, so that it keeps its type; int32 and double as numbers. */
export const DECODING: DeserializeOptions = { useBigInt64: true };

/** Documents have at most 16 MiB, as everywhere in MongoDB. */
const LARGEST_DOCUMENT = 16 * 1024 * 1024;

/** A document that was found: its bytes, and itself as soon as somebody looks. */
export class Found {
  private decoded: Doc | undefined;

  constructor(
    readonly id: Buffer,
    readonly bytes: Buffer,
  ) {}

  get document(): Doc {
    return (this.decoded ??= deserialize(this.bytes, DECODING));
  }
}

/** How much work a query was. */
export interface Work {
  keysExamined: number;
  docsExamined: number;
}

/** The documents of one collection and the entries of its indexes, kept in agreement. */
export class Collection {
  constructor(
    readonly spec: CollectionSpec,
    private readonly storage: Storage,
    private readonly specChanged: () => void,
  ) {}

  /** How a query would be answered. */
  plan(filter: Doc, sort: Sort = []): Plan {
    return planFor(this.spec.indexes, filter, sort);
  }

  /** The documents that a filter asks for, in an order. Found one after the other as far as an index gives the order. */
  *find(filter: Doc, sort: Sort = [], work: Work = { keysExamined: 0, docsExamined: 0 }): Generator<Found> {
    const predicate = compileFilter(filter);
    const plan = this.plan(filter, sort);
    const found = this.walk(plan, work, plan.exact ? always : predicate);
    if (plan.sorted) yield* found;
    else yield* sorted([...found], sort);
  }

  /** Adds a document. @throws CommandError DuplicateKey */
  insert(document: Doc): void {
    const stored = '_id' in document ? withIdFirst(document) : { _id: new ObjectId(), ...document };
    const id = idKeyOf(stored['_id']);
    if (this.storage.get(this.spec.id, id)) throw this.duplicate('_id_', { _id: 1 }, { _id: stored['_id'] as unknown });
    this.write(id, undefined, stored);
  }

  /** Puts another document in the place of one. @returns whether it was different. @throws CommandError DuplicateKey */
  replace(found: Found, document: Doc): boolean {
    const bytes = encode(document);
    if (bytes.equals(found.bytes)) return false;
    this.write(found.id, found.document, document, bytes);
    return true;
  }

  /** Removes a document. */
  remove(found: Found): void {
    for (const index of this.spec.indexes) for (const key of entriesOf(index, found.document).keys) this.storage.remove(index.id, Buffer.concat([key, found.id]));
    this.storage.remove(this.spec.id, found.id);
  }

  /** Makes the entries of a new index for the documents that are there already. @throws CommandError DuplicateKey */
  build(index: IndexSpec): void {
    for (const [id, bytes] of this.storage.range(this.spec.id, { start: Buffer.alloc(0), end: Buffer.from([0xff]) }, false)) {
      const document = deserialize(bytes, DECODING);
      const own = Buffer.from(id);
      const entries = this.entriesFor(index, document);
      this.assertUnique(index, entries, own, document);
      this.putEntries(index, entries, own);
    }
  }

  private *walk({ index, ranges, reverse }: Plan, work: Work, wanted: (document: Doc) => boolean): Generator<Found> {
    const byId = index === undefined || isIdIndex(index);
    const seen = ranges.length > 1 || index?.multikey ? new Set<string>() : undefined;
    for (const range of ranges) {
      for (const [key, value] of this.storage.range(byId ? this.spec.id : index.id, range, reverse)) {
        work.keysExamined += 1;
        const id = Buffer.from(byId ? key : value);
        if (seen?.has(id.toString('latin1'))) continue;
        seen?.add(id.toString('latin1'));
        const bytes = byId ? value : this.storage.get(this.spec.id, id);
        if (!bytes) continue;
        work.docsExamined += 1;
        const found = new Found(id, Buffer.from(bytes));
        if (wanted === always || wanted(found.document)) yield found;
      }
    }
  }

  private write(id: Buffer, before: Doc | undefined, after: Doc, bytes = encode(after)): void {
    const changes = this.spec.indexes.map((index) => {
      const added = this.entriesFor(index, after);
      const removed = before ? entriesOf(index, before).keys : [];
      this.assertUnique(index, added, id, after);
      return { index, added, removed };
    });
    for (const { index, added, removed } of changes) {
      for (const key of removed) this.storage.remove(index.id, Buffer.concat([key, id]));
      this.putEntries(index, added, id);
    }
    this.storage.put(this.spec.id, id, bytes);
  }

  private entriesFor(index: IndexSpec, document: Doc): Entries {
    const entries = entriesOf(index, document);
    if (entries.keys.some(isTooLong)) throw unsupported(`index keys as long as in ${index.name}`);
    return entries;
  }

  private putEntries(index: IndexSpec, { keys, multikey }: Entries, id: Buffer): void {
    for (const key of keys) this.storage.put(index.id, Buffer.concat([key, id]), id);
    if (!multikey || index.multikey) return;
    index.multikey = true;
    this.specChanged();
  }

  private assertUnique(index: IndexSpec, { keys }: Entries, id: Buffer, document: Doc): void {
    if (!index.unique || !keys.some((key) => this.storage.hasOther(index.id, key, id))) return;
    const values = index.key.map(([path]) => [path, candidatesAt(document, path.split('.')).find((value) => value !== undefined) ?? null] as const);
    throw this.duplicate(index.name, Object.fromEntries(index.key), Object.fromEntries(values));
  }

  private duplicate(name: string, keyPattern: Doc, keyValue: Doc): CommandError {
    const shown = Object.entries(keyValue).map(([path, value]) => `${path}: ${typeof value === 'string' ? `"${value}"` : String(value)}`);
    const message = `E11000 duplicate key error collection: ${this.spec.database}.${this.spec.name} index: ${name} dup key: { ${shown.join(', ')} }`;
    return new CommandError('DuplicateKey', message, { keyPattern, keyValue });
  }
}

const always = (): boolean => true;

/** The key that a document stands under. */
export function idKeyOf(id: unknown): Buffer {
  const rank = rankOf(id);
  if (rank === Rank.Array || rank === Rank.Undefined || rank === Rank.RegExp) throw new CommandError('BadValue', `The '_id' value cannot be of type ${Rank[rank]}`);
  const key = keyOf(id);
  if (isTooLong(key)) throw unsupported('an _id as long as this');
  return key;
}

function encode(document: Doc): Buffer {
  const bytes = Buffer.from(serialize(document, { ignoreUndefined: true }));
  if (bytes.length > LARGEST_DOCUMENT) throw new CommandError('BadValue', `BSONObj size: ${bytes.length} is invalid. Size must be between 0 and ${LARGEST_DOCUMENT}`);
  return bytes;
}

const withIdFirst = (document: Doc): Doc => (Object.keys(document)[0] === '_id' ? document : { _id: document['_id'] as unknown, ...document });

/** Documents in an order: of an array, the lowest element counts going up and the highest going down. */
function sorted(found: Found[], sort: Sort): Found[] {
  const keyed = found.map((one) => ({ one, keys: sort.map(([path, direction]) => extreme(candidatesAt(one.document, path.split('.')), direction)) }));
  keyed.sort((left, right) => {
    for (const [index, [, direction]] of sort.entries()) {
      const difference = compare(left.keys[index], right.keys[index]) * direction;
      if (difference !== 0) return difference;
    }
    return 0;
  });
  return keyed.map(({ one }) => one);
}

function extreme(candidates: readonly unknown[], direction: 1 | -1): unknown {
  const values = candidates.length > 1 ? candidates.filter((value) => !Array.isArray(value)) : candidates;
  return values.reduce((best, value) => (compare(value, best) * direction < 0 ? value : best), values[0]);
}

