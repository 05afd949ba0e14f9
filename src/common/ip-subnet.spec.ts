import fc from 'fast-check';
import { ipSubnet } from './ip-subnet';

describe('the address block of a client', () => {
  it.each([
    ['192.0.2.7', '192.0.2.7'],
    ['::ffff:192.0.2.7', '192.0.2.7'],
    ['::1', '0:0:0:0::/64'],
    ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
    ['2001:DB8:1:2::', '2001:db8:1:2::/64'],
    ['2001:0db8::7', '2001:db8:0:0::/64'],
    ['2001:db8::5:6:7:8:9', '2001:db8:0:5::/64'],
    ['64:ff9b::192.0.2.33', '64:ff9b:0:0::/64'],
    ['fe80::1%eth0', 'fe80:0:0:0::/64'],
    ['unknown', 'unknown'],
  ])('for %s is %s', (address, block) => expect(ipSubnet(address)).toBe(block));

  it('is the same for every spelling of an IPv6 network', () => {
    const groups = fc.array(fc.integer({ min: 0, max: 0xffff }), { minLength: 4, maxLength: 4 });
    const write = (all: number[]): string => all.map((group) => group.toString(16)).join(':');
    fc.assert(
      fc.property(groups, groups, groups, (network, one, other) => {
        // The platform's own way to write an address shortens it.
        const shortened = new URL(`http://[${write([...network, ...other])}]`).hostname.slice(1, -1);
        expect(ipSubnet(shortened)).toBe(ipSubnet(write([...network, ...one])));
      }),
    );
  });
});
