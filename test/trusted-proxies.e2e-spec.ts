import { World } from './support/world';

describe('clients behind reverse proxies', () => {
  /** Returns which of the requests with these X-Forwarded-For values, in order, exceed a limit of 2 per address. */
  const limited = async (trustProxy: string, values: readonly string[]): Promise<boolean[]> => {
    const world = await World.start({ RATE_LIMITS: 'on', RATE_ADDRESS: '2/600', TRUST_PROXY: trustProxy }, 1);
    const results = [];
    for (const value of values)
      results.push((await world.ask('get', '/nothing', undefined, { 'x-forwarded-for': value })).status === 429);
    await world.stop();
    return results;
  };

  it.each([
    ['', ['192.0.2.1', '192.0.2.2', '192.0.2.3'], [false, false, true]],
    ['true', ['192.0.2.1', '192.0.2.2', '192.0.2.3', '192.0.2.1'], [false, false, false, false]],
    ['true', ['192.0.2.1:1', '[::ffff:192.0.2.1]:2', '192.0.2.1'], [false, false, true]],
    ['1', ['198.51.100.1, 192.0.2.1', '198.51.100.2, 192.0.2.1', '198.51.100.3, 192.0.2.1'], [false, false, true]],
    ['2', ['198.51.100.1, 192.0.2.1', '198.51.100.2, 192.0.2.1', '198.51.100.3, 192.0.2.1'], [false, false, false]],
    [
      '127.0.0.1, 192.0.2.0/24',
      ['198.51.100.1, 192.0.2.1', '198.51.100.1, 192.0.2.9', '198.51.100.1, 192.0.2.7'],
      [false, false, true],
    ],
    ['true', ['unknown', '_hidden', ''], [false, false, true]],
  ])('are counted by TRUST_PROXY=%s', async (trustProxy, values, expected) =>
    expect(await limited(trustProxy, values)).toEqual(expected),
  );
});
