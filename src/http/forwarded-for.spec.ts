import { normalizeForwardedFor } from './forwarded-for';

describe('normalizeForwardedFor', () => {
  it.each([
    ['192.0.2.1', '192.0.2.1'],
    [' 192.0.2.1:4711 ,198.51.100.7', '192.0.2.1, 198.51.100.7'],
    ['[2001:DB8::1]:443', '2001:db8::1'],
    ['"[2001:db8::1]"', '2001:db8::1'],
    ['2001:db8::1', '2001:db8::1'],
    ['fe80::1%eth0', 'fe80::1'],
    ['::ffff:192.0.2.1', '192.0.2.1'],
    ['[::ffff:192.0.2.1]:80', '192.0.2.1'],
    ['192.0.2.1, unknown, 198.51.100.7', '198.51.100.7'],
    ['192.0.2.1, 999.1.1.1', ''],
    ['unknown', ''],
    ['', ''],
    ['192.0.2.1,', ''],
    ['<script>, 10.0.0.1', '10.0.0.1'],
  ])('turns %j into %j', (header, expected) => expect(normalizeForwardedFor(header)).toBe(expected));
});
