import { isDeepStrictEqual } from 'node:util';

/** A document whose fields follow from its version, so that a torn one or a disagreeing index shows. */
export interface Item {
  _id: number;
  version: number;
  name: string;
  tags: number[];
  text: string;
}

const LONG_TEXT = 'x'.repeat(9_000);

/** Every third document is stored on pages of its own. */
export const itemOf = (id: number, version: number): Item => ({
  _id: id,
  version,
  name: `${id} ${version}`,
  tags: [id, -version],
  text: id % 3 === 0 ? LONG_TEXT : `${version}`,
});

export const INDEXES = [
  { key: { name: 1 }, name: 'name', unique: true },
  { key: { tags: 1 }, name: 'tags' },
] as const;

/** The change that the nth step of the workload makes: the new version of a document, 0 to delete it. */
export function stepOf(
  n: number,
  versionOf: (id: number) => number,
): { readonly id: number; readonly version: number } {
  const id = (n * 7) % 15;
  return { id, version: n % 5 === 4 ? 0 : Math.max(versionOf(id), 0) + 1 + n };
}

/** The versions of documents that were acknowledged, and those that were requested since. Version 0 means no document. */
export class Ledger {
  readonly acknowledged = new Map<number, number>();
  private readonly requested = new Map<number, number[]>();

  readonly versionOf = (id: number): number => this.acknowledged.get(id) ?? 0;

  request(id: number, version: number): void {
    this.requested.set(id, [...(this.requested.get(id) ?? []), version]);
  }

  acknowledge(id: number, version: number): void {
    this.acknowledged.set(id, version);
    this.requested.delete(id);
  }

  /** Describes everything that is wrong with some documents: a lost or torn one, or one that was never written. */
  problemsOf(stored: readonly Item[]): string[] {
    const found = new Map(stored.map((item) => [item._id, item]));
    const ids = new Set([...found.keys(), ...this.acknowledged.keys(), ...this.requested.keys()]);
    return [...ids].flatMap((id) => {
      const version = found.get(id)?.version ?? 0;
      const possible = [this.versionOf(id), ...(this.requested.get(id) ?? [])];
      if (!possible.includes(version))
        return [`document ${id} has version ${version}, expected ${possible.join(' or ')}`];
      const item = found.get(id);
      return item && !isDeepStrictEqual(item, itemOf(id, version))
        ? [`document ${id} of version ${version} is torn`]
        : [];
    });
  }
}
