import { itemAt, valueAt } from './existing';

describe('an item or value that exists', () => {
  it('is returned', () => {
    expect(itemAt(['a', 'b'], 1)).toBe('b');
    expect(valueAt(new Map([['a', 1]]), 'a')).toBe(1);
  });

  it('is an error if it does not exist', () => {
    expect(() => itemAt(['a', 'b'], 2)).toThrow('A list of 2 items has no index 2.');
    expect(() => valueAt(new Map([['a', 1]]), 'b')).toThrow('A map of size 1 has no key b.');
  });
});
