import { CacheVersions, InMemoryCacheVersions, MAX_CACHE_AGE_MS } from './cache-versions';
import { VersionedCache } from './versioned-cache';

const setUp = (): {
  cacheVersions: InMemoryCacheVersions;
  cache: VersionedCache;
  ask: (key?: string) => Promise<number>;
  loads: () => number;
  pass: (ms: number) => void;
} => {
  let now = 1_000_000;
  let loads = 0;
  const cacheVersions = new InMemoryCacheVersions(() => now);
  const cache = new VersionedCache(cacheVersions, 3, () => now);
  const ask = async (key = 'a'): Promise<number> => {
    const [value] = await cache.getMany<[number]>({ key, versionKey: key, load: () => Promise.resolve((loads += 1)) });
    return value;
  };
  return { cacheVersions, cache, ask, loads: () => loads, pass: (ms) => void (now += ms) };
};

describe('the versioned cache', () => {
  it('loads a value once while its version is current', async () => {
    const { ask } = setUp();
    expect([await ask(), await ask()]).toEqual([1, 1]);
  });

  it('returns a cached value synchronously', async () => {
    const { cache, ask } = setUp();
    await ask('a');
    expect(cache.getMany<[number]>({ key: 'a', versionKey: 'a', load: () => Promise.resolve(-1) })).toEqual([1]);
  });

  it('removes a value when its version changes, and no other value', async () => {
    const { ask, cacheVersions } = setUp();
    await ask('a');
    await ask('b');
    await cacheVersions.bump(['a']);
    expect([await ask('a'), await ask('b')]).toEqual([3, 2]);
  });

  it('does not cache a value whose load started before the version changed', async () => {
    const { cache, cacheVersions, ask } = setUp();
    let answer: (value: number) => void = () => undefined;
    const old = cache.getMany<[number]>({
      key: 'a',
      versionKey: 'a',
      load: () => new Promise((resolve) => (answer = resolve)),
    });
    await new Promise(setImmediate);
    await cacheVersions.bump(['a']);
    answer(-1);
    expect(await old).toEqual([-1]);
    expect(await ask()).toBe(1);
  });

  it('caches no value for longer than ten seconds', async () => {
    const { ask, pass } = setUp();
    await ask();
    pass(MAX_CACHE_AGE_MS - 1);
    expect(await ask()).toBe(1);
    pass(1);
    expect(await ask()).toBe(2);
  });

  it('shares one load among concurrent requests', async () => {
    const { ask, loads } = setUp();
    await Promise.all(Array.from({ length: 10 }, () => ask()));
    expect(loads()).toBe(1);
  });

  it('does not cache failures', async () => {
    const { cache, ask } = setUp();
    await expect(
      cache.getMany<[number]>({ key: 'a', versionKey: 'a', load: () => Promise.reject(new Error('down')) }),
    ).rejects.toThrow('down');
    expect(await ask()).toBe(1);
  });

  it('evicts the oldest value beyond its capacity', async () => {
    const { ask } = setUp();
    for (const key of ['a', 'b', 'c', 'd']) await ask(key);
    expect([await ask('d'), await ask('a')]).toEqual([4, 5]);
  });

  it('caches a value written for a version, unless a later version exists', async () => {
    const { cache, cacheVersions, ask } = setUp();
    await cacheVersions.raiseTo('a', 5);
    cache.set('a', 5, 55);
    expect(await ask()).toBe(55);
    await cacheVersions.raiseTo('a', 7);
    cache.set('a', 6, 66);
    expect(await ask()).toBe(1);
  });

  it('caches nothing while the versions cannot be read', async () => {
    class Silent extends CacheVersions {
      override read(): Promise<undefined> {
        return Promise.resolve(undefined);
      }

      override bump(): Promise<void> {
        return Promise.resolve();
      }

      override raiseTo(): Promise<void> {
        return Promise.resolve();
      }
    }
    const cache = new VersionedCache(new Silent());
    let loads = 0;
    const ask = async (): Promise<[number]> =>
      cache.getMany<[number]>({ key: 'a', versionKey: 'a', load: () => Promise.resolve((loads += 1)) });
    expect([await ask(), await ask()]).toEqual([[1], [2]]);
  });
});

describe('in-memory cache versions', () => {
  it('can be raised to a number, and never decrease', async () => {
    const cacheVersions = new InMemoryCacheVersions();
    for (const version of [2, 4, 3]) await cacheVersions.raiseTo('a', version);
    expect(cacheVersions.read(['a'])).toEqual([4]);
  });

  it('change only when they are bumped, and are removed when no cached value can be as old', async () => {
    let now = 0;
    const cacheVersions = new InMemoryCacheVersions(() => now);
    expect(cacheVersions.read(['a', 'b'])).toEqual([0, 0]);
    await cacheVersions.bump(['a']);
    expect(cacheVersions.read(['a', 'b'])).toEqual([1, 0]);
    now += 3 * MAX_CACHE_AGE_MS;
    await cacheVersions.bump(['b']);
    expect(cacheVersions.read(['a', 'b'])).toEqual([0, 2]);
  });
});
