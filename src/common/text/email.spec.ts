import { emailKey, parseEmail } from './email';

const valueOf = (text: string): string | undefined => {
  const result = parseEmail(text);
  return 'value' in result ? result.value : undefined;
};

describe('an e-mail address', () => {
  it.each([
    'ada@example.org',
    "o'brien+tag@mail.example.co.uk",
    'δοκιμή@παράδειγμα.δοκιμή',
    '用户@例子.广告',
    'अजय@डाटा.भारत',
    'josé@españa.es',
    'a@xn--bcher-kva.example',
    'квіточка@пошта.укр',
    'x@[sub].example'.replace(/[[\]]/g, ''),
  ])('accepts %s', (address) => expect(valueOf(address)).toBe(address));
  it('is trimmed and normalized', () =>
    expect([valueOf(' ada@example.org\n'), valueOf('jose\u0301@example.org')]).toEqual([
      'ada@example.org',
      'josé@example.org',
    ]));
  it.each([
    '',
    'ada',
    '@example.org',
    'ada@',
    'ada@example',
    'a b@example.org',
    'a..b@example.org',
    '.a@example.org',
    'a@b@example.org',
    '"a b"@example.org',
    'a@[127.0.0.1]',
    'a@127.0.0.1',
    'a@-x.org',
    'a@x..org',
    'a\u200Bb@example.org',
    'a\u202E@example.org',
    'a\u0000@example.org',
    `${'x'.repeat(65)}@example.org`,
    `${'ж'.repeat(33)}@example.org`,
    `a@${'x'.repeat(64)}.org`,
    `a@${'x.'.repeat(130)}org`,
    'a@exa mple.org',
    'a@example.org/path',
    'a\n@example.org',
  ])('rejects %j', (address) => expect(valueOf(address)).toBeUndefined());
  it.each([
    ['Ada@Example.ORG', 'ada@example.org'],
    ['a@bücher.example', 'a@xn--bcher-kva.example'],
    ['JOSÉ@example.org', 'jose\u0301@example.org'],
    ['ａ@example.org', 'a@example.org'],
  ])('has the same key for %s and %s', (a, b) => expect(emailKey(a)).toBe(emailKey(b)));
});
