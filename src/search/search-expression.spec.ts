import fc from 'fast-check';
import { searchTerms } from '../messages/search-terms';
import { meetsAll, parseExpression } from './search-expression';

const NO_MENTIONS = { user_ids: [], role_ids: [], everyone: false };
const termsOf = (content: string): string[] =>
  searchTerms({ content, authorId: 1n, guildId: 2n, mentions: NO_MENTIONS });
const finds = (query: string, content: string): boolean => {
  const conditions = parseExpression(query);
  return conditions.length > 0 && meetsAll(conditions, { terms: termsOf(content), content });
};
/** Returns whether the index has the message among its candidates, whichever term of the query is looked up. */
const isCandidate = (query: string, content: string): boolean =>
  parseExpression(query).every(({ terms }) => terms.every((term) => termsOf(content).includes(term)));

describe('a search expression', () => {
  it.each([
    ['analytical engine', 'The ENGINE is Analytical'],
    ['anal eng', 'the analytical engine'],
    ['e', 'an engine'],
    ['"difference engine"', 'Her Difference  engine!'],
    ['"difference engine" babbage', 'Babbage: difference engine'],
    ['“smart quotes”', 'with smart quotes'],
    ['unclosed "quote', 'an unclosed quote'],
    ['strasse', 'Hauptstraße, Straße'],
    ['ISTANBUL', 'istanbul’da'],
    ['σοφοσ', 'Ο σοφός'],
    ['שלומ', 'שָׁלוֹם עליכם'],
    ['محمد', 'مُحَمَّدٌ هنا'],
    ['cafe', 'CAFE\u0301s'],
    ['ｆｕｌｌ', 'full width'],
    ['学校', '私は高等学校に行きます'],
    ['猫', '黒い猫がいる'],
    ['東京都', 'ここは東京都です'],
    ['ラーメン', 'らーめん食べたい'],
    ['我们', '我们去北京'],
    ['แมว', 'ฉันรักแมวมาก'],
    ['ภาษาไทย', 'พูดภาษาไทยได้'],
    ['학교', '학교에서 만나요'],
    ['서울', '서울은 크다'],
    ['iPhone 手机', '我的iPhone15手机'],
    ['"機械 学習"', '機械 学習'],
    ['नमस्ते', 'नमस्ते दुनिया'],
    ['v2', 'v2.0 is out'],
    [`${'x'.repeat(40)}y`, `${'x'.repeat(40)}yz`],
  ])('%j finds %j', (query, content) =>
    expect([finds(query, content), isCandidate(query, content)]).toEqual([true, true]),
  );

  it.each([
    ['engine steam', 'engines only: stea'],
    ['ngine', 'engine'],
    ['"engine difference"', 'difference engine'],
    ['"difference engine"', 'difference engines'],
    ['"difference engine"', 'difference of an engine'],
    ['東都', '東京都'],
    ['京東', '東京 大京'],
    ['ม้า', 'มา'],
    ['学校', '学 校'],
    ['author', 'nothing'],
    ['has', 'nothing'],
    [`${'x'.repeat(40)}y`, `${'x'.repeat(40)}z`],
    [`"${'x'.repeat(32)}"`, 'x'.repeat(33)],
  ])('%j does not find %j', (query, content) => expect(finds(query, content)).toBe(false));

  it('finds every word of the longest message, and every prefix of a word', () => {
    const words = Array.from({ length: 285 }, (_, n) => `wd${(n * 7_919).toString(36)}x`);
    const content = words.join(' ').slice(0, 2_000);
    for (const word of content.split(' '))
      for (let length = 1; length <= word.length; length += 1) expect(finds(word.slice(0, length), content)).toBe(true);
  });

  it('finds exactly what a comparison of all words finds', () => {
    const word = fc.stringMatching(/^[abc]{1,18}$/);
    fc.assert(
      fc.property(
        fc.array(word, { minLength: 1, maxLength: 6 }),
        fc.array(word, { minLength: 1, maxLength: 2 }),
        (said, requested) => {
          const expected = requested.every((each) => said.some((one) => one.startsWith(each)));
          expect(finds(requested.join(' '), said.join(' '))).toBe(expected);
          if (expected) expect(isCandidate(requested.join(' '), said.join(' '))).toBe(true);
          const phrase = ` ${said.join(' ')} `.includes(` ${requested.join(' ')} `);
          expect(finds(`"${requested.join(' ')}"`, said.join(' '))).toBe(phrase);
        },
      ),
      { numRuns: 1_000 },
    );
  });

  it('finds exactly what a comparison of all parts finds, in scripts without spaces', () => {
    const run = (max: number) =>
      fc
        .array(fc.constantFrom('東', '京', '都', 'の', 'カ', 'ก', 'า'), { minLength: 1, maxLength: max })
        .map((letters) => letters.join(''));
    fc.assert(
      fc.property(run(12), run(4), (said, requested) => {
        const fold = (text: string): string => text.replaceAll('カ', 'か');
        expect(finds(requested, said)).toBe(fold(said).includes(fold(requested)));
      }),
      { numRuns: 1_000 },
    );
  });

  it.each(['', '?!', '""', '👍', '" "'])('has no condition for %j', (query) =>
    expect(parseExpression(query)).toEqual([]),
  );
});
