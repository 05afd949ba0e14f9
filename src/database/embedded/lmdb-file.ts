import { closeSync, fstatSync, openSync, readSync, statSync } from 'node:fs';

// Where things are in a file of LMDB.
// See https://github.com/LMDB/lmdb/blob/mdb.master3/libraries/liblmdb/mdb.c, the structures MDB_meta, MDB_page_header, MDB_node and MDB_ovpage.
const META_BYTES = 160;
const META_MAGIC_AT = 24;
const MAGIC = 0xbeefc0de;
const PAGE_SIZE_AT = 48;
const FREE_ROOT_AT = 88;
const MAIN_ROOT_AT = 136;
const LAST_PAGE_AT = 144;
const TRANSACTION_AT = 152;
const NO_PAGE = 2n ** 64n - 1n;

const PAGE_HEADER_BYTES = 24;
const PAGE_FLAGS_AT = 18;
const LOWER_AT = 20;
const BRANCH_PAGE = 1;

const NODE_FLAGS_AT = 4;
const KEY_SIZE_AT = 6;
const NODE_HEADER_BYTES = 8;
const VALUE_ON_OTHER_PAGES = 1;
const PAGE_COUNT_AT = 16;

interface Meta {
  readonly pageSize: number;
  readonly roots: readonly bigint[];
  readonly lastPage: bigint;
  readonly transaction: bigint;
}

/**
 * Rejects a file that isn't LMDB's or lacks pages that are in use: LMDB itself would map what is missing, and crash on the first touch of it.
 * Another process may write to the file meanwhile.
 *
 * @throws Error if the file belongs to another program, is damaged or torn
 */
export function assertComplete(path: string): void {
  // Opening a named pipe would wait for a writer.
  if (!statSync(path).isFile()) throw new Error(`${path} is not a file; use another folder.`);
  const descriptor = openSync(path, 'r');
  try {
    // A commit meanwhile reuses pages that the check still reads, so a failed check counts only if there was none.
    for (
      let before: bigint | undefined, meta = newestMeta(descriptor, path);
      meta;
      before = meta.transaction, meta = newestMeta(descriptor, path)
    ) {
      const problem = missingPages(descriptor, meta);
      if (problem === undefined) return;
      if (before === meta.transaction) throw new Error(`${path} is torn: ${problem}; restore a backup.`);
    }
  } finally {
    closeSync(descriptor);
  }
}

/** Returns the meta page of the last commit; undefined for the empty file of a process that died before it wrote anything. */
function newestMeta(descriptor: number, path: string): Meta | undefined {
  const first = readMeta(descriptor, 0);
  const second = first && readMeta(descriptor, first.pageSize);
  if (first && second) return first.transaction > second.transaction ? first : second;
  if (fstatSync(descriptor).size === 0) return undefined;
  throw new Error(`${path} is not a database of Derailed, or is damaged; restore a backup or use another folder.`);
}

/** Describes the pages that a file lacks, if any. Reads the size after the meta page, because a commit extends the file before it writes the meta page. */
function missingPages(descriptor: number, { pageSize, roots, lastPage }: Meta): string | undefined {
  const pages = BigInt(Math.floor(fstatSync(descriptor).size / pageSize));
  if (lastPage < pages) return undefined;
  // LMDB never writes its last pages when they are free already, so a file may be shorter than it says and lack nothing.
  const file = { descriptor, pageSize, pages };
  return roots.every((root) => root === NO_PAGE || holds(file, root))
    ? undefined
    : `it has only ${pages} of its ${lastPage + 1n} pages`;
}

function readMeta(descriptor: number, position: number): Meta | undefined {
  const bytes = Buffer.alloc(META_BYTES);
  if (readSync(descriptor, bytes, 0, META_BYTES, position) < META_BYTES || bytes.readUInt32LE(META_MAGIC_AT) !== MAGIC)
    return undefined;
  return {
    pageSize: bytes.readUInt32LE(PAGE_SIZE_AT),
    roots: [bytes.readBigUInt64LE(FREE_ROOT_AT), bytes.readBigUInt64LE(MAIN_ROOT_AT)],
    lastPage: bytes.readBigUInt64LE(LAST_PAGE_AT),
    transaction: bytes.readBigUInt64LE(TRANSACTION_AT),
  };
}

interface PagedFile {
  readonly descriptor: number;
  readonly pageSize: number;
  readonly pages: bigint;
}

/** Returns whether a file holds a page and all below it. */
function holds(file: PagedFile, page: bigint): boolean {
  if (page >= file.pages) return false;
  const bytes = Buffer.alloc(file.pageSize);
  readSync(file.descriptor, bytes, 0, file.pageSize, Number(page) * file.pageSize);
  const isBranch = (bytes.readUInt16LE(PAGE_FLAGS_AT) & BRANCH_PAGE) !== 0;
  const nodes = bytes.readUInt16LE(LOWER_AT) / 2;
  for (let node = 0; node < nodes; node += 1) {
    const at = PAGE_HEADER_BYTES + bytes.readUInt16LE(PAGE_HEADER_BYTES + node * 2);
    if (isBranch ? !holds(file, childAt(bytes, at)) : valueEndAt(bytes, at) > file.pages) return false;
  }
  return true;
}

/** The page that a node of a branch leads to: 48 bits, of which the flags of other nodes are the upper ones. */
const childAt = (bytes: Buffer, node: number): bigint => BigInt(bytes.readUIntLE(node, 6));

/** The page behind those of a value that has its own; 0 when it lies beside its key. */
function valueEndAt(bytes: Buffer, node: number): bigint {
  if ((bytes.readUInt16LE(node + NODE_FLAGS_AT) & VALUE_ON_OTHER_PAGES) === 0) return 0n;
  const value = node + NODE_HEADER_BYTES + bytes.readUInt16LE(node + KEY_SIZE_AT);
  return bytes.readBigUInt64LE(value) + bytes.readBigUInt64LE(value + PAGE_COUNT_AT);
}
