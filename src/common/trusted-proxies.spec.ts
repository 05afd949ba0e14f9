import { trustedProxies } from './trusted-proxies';

describe('trustedProxies', () => {
  const trusted = (setting: string | undefined): boolean[] =>
    ['127.0.0.1', '192.0.2.7', '2001:db8::1'].map((address, hop) => trustedProxies(setting)(address, hop));

  it.each([
    [undefined, [false, false, false]],
    ['false', [false, false, false]],
    ['true', [true, true, true]],
    ['0', [false, false, false]],
    ['2', [true, true, false]],
    ['loopback, 2001:db8::/32', [true, false, true]],
  ])('reads %s', (setting, expected) => expect(trusted(setting)).toEqual(expected));

  it.each(['10.0.0.300', '-1', 'proxy.example.org', '1,2', '1, 10.0.0.1', '1000'])(
    'rejects %s and names the setting',
    (setting) => expect(() => trustedProxies(setting)).toThrow(/TRUST_PROXY/),
  );
});
