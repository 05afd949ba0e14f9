import fc from 'fast-check';
import { LIMITS } from '../common/limits';
import { termsOf } from './terms';

describe('the terms of a text', () => {
  it.each([
    ['Hello, world! Hello?', ['hello', 'world']],
    ['Ｆｕｌｌ ﬁne CAFE\u0301 Straße', ['full', 'fine', 'café', 'straße']],
    ['v2.0 it’s a_b', ['v2', '0', 'it', 's', 'a', 'b']],
    ['Привет, 世界 नमस्ते', ['привет', '世界', 'नमस्ते']],
    ['?! … 👍', []],
  ])('of %p are %p', (text, terms) => expect(termsOf(text)).toEqual(terms));

  it('are short and few, however much was said', () => {
    expect(termsOf('x'.repeat(2_000))).toEqual(['x'.repeat(LIMITS.term)]);
    expect(termsOf(Array.from({ length: 900 }, (_, n) => `w${n}`).join(' '))).toHaveLength(LIMITS.terms);
  });

  it('are those of the words one by one', () => {
    const words = fc.array(fc.constantFrom('one', 'Two', 'DREI', 'çatorze'), { maxLength: 8 });
    fc.assert(fc.property(words, (said) => expect(termsOf(said.join('; '))).toEqual([...new Set(said.flatMap(termsOf))])));
  });
});
