import fc from 'fast-check';
import { LIMITS } from '../common/limits';
import { mentionIds, mentionsIn, NO_MENTIONS } from './mentions';

const ALL = { mayMentionEveryone: true, mayMentionRole: () => true };
const NONE = { mayMentionEveryone: false, mayMentionRole: () => false };

describe('mentions', () => {
  it('contain users, roles and everyone, each once', () => {
    const mentions = mentionsIn('<@1> and <@&2>, <@1> again, @everyone!', ALL);
    expect(mentions).toEqual({ user_ids: [1n], role_ids: [2n], everyone: true });
    expect(mentionIds(mentions, 9n)).toEqual([1n, 2n, 9n]);
  });

  it.each([
    '@every',
    '@everyones',
    'me@everyone.org',
    '@@everyone',
    '<@>',
    '<@01>',
    '<@-1>',
    '<@9999999999999999999>',
    '<@1',
    '@1',
    '<@&x>',
    '`@everyone <@1>`',
    '```\n<@&2> ` @everyone\n```',
  ])('are not found in %j', (text) => expect(mentionsIn(text, ALL)).toEqual(NO_MENTIONS));

  it.each(['`a` <@1> `b`', '```a``` <@1>', '`<@1>', '```<@1>'])('are found beside code in %j', (text) =>
    expect(mentionsIn(text, ALL).user_ids).toEqual([1n]),
  );

  it('do not contain users and roles that the author may not mention', () =>
    expect(mentionsIn('<@1> <@&2> @everyone', NONE)).toEqual({ ...NO_MENTIONS, user_ids: [1n] }));

  it('are limited in number, and the first ones count', () => {
    const text = Array.from({ length: 2 * LIMITS.mentions }, (_, index) => `<@${index % 2 ? '&' : ''}${index}>`).join(
      ' ',
    );
    const { user_ids, role_ids } = mentionsIn(`${text} @everyone`, ALL);
    expect([...user_ids, ...role_ids].toSorted((a, b) => Number(a - b))).toEqual(
      Array.from({ length: LIMITS.mentions }, (_, index) => BigInt(index)),
    );
  });

  it('are found in any text, and quickly', () =>
    fc.assert(
      fc.property(
        fc.array(fc.constantFrom('`', '```', '<@1>', '<@&2>', '@everyone', '@', '<', '\n', 'a', ' ')),
        (parts) => {
          const mentions = mentionsIn(parts.join(''), ALL);
          expect(mentions.user_ids.length + mentions.role_ids.length).toBeLessThanOrEqual(2);
          if (!parts.includes('`') && !parts.includes('```'))
            expect(mentions.user_ids).toEqual(parts.join('').includes('<@1>') ? [1n] : []);
        },
      ),
    ));
});
