import { COMMON_PASSWORDS } from './common-passwords';
import { hasPasswordLength, passwordWeakness } from './password-policy';

const ada = { username: 'Ada.Lovelace', email: 'countess@analytical-engine.org' };

describe('passwordWeakness', () => {
  it('rejects common passwords in any case', () => {
    for (const password of [
      'password',
      'PassWord1',
      '12345678',
      'qwertyuiop',
      'trustno1',
      'football',
      'iloveyou',
      'sunshine',
      'princess1',
    ]) {
      expect([password, passwordWeakness(password, ada)]).toEqual([password, 'is one of the most common passwords']);
    }
  });

  it('contains at least the 3,000 most common passwords that are long enough', () => {
    expect(COMMON_PASSWORDS.size).toBeGreaterThan(3_000);
  });

  it.each([
    'ada.lovelace',
    'AdaLovelace',
    'lovelace1815',
    'ADA-lovelace!',
    'ada12345678',
    'Countess2026',
    'countess@analytical-engine.org',
    'analytical-engine',
    'analyticalengine.org',
    'engine-ada-99',
    'lovelacepassword',
  ])('rejects %s, made of the name and address of its owner', (password) =>
    expect(passwordWeakness(password, ada)).toBe('consists of your username or e-mail address'),
  );

  it.each(['aaaaaaaa', '1212121212', '........'])('rejects %s', (password) =>
    expect(passwordWeakness(password, ada)).toBeDefined(),
  );

  it.each([
    'correct horse battery',
    'ada likes difference engines',
    'engine of calculation',
    'Jacquard-loom-7',
    'пароль из четырёх слов',
    '鍵盤記憶術八文字',
  ])('accepts %s', (password) => expect(passwordWeakness(password, ada)).toBeUndefined());

  it('compares names in every spelling of the same characters', () => {
    expect(
      passwordWeakness('Zoe\u0308Zoe\u0308Zoe\u0308', { username: 'Zo\u00eb', email: 'z@example.org' }),
    ).toBeDefined();
  });
});

describe('hasPasswordLength', () => {
  it('counts code points after normalization', () => {
    expect(hasPasswordLength('e\u0301'.repeat(7))).toBe(false);
    expect(hasPasswordLength('e\u0301'.repeat(8))).toBe(true);
    expect(hasPasswordLength('\u{1F511}'.repeat(7))).toBe(false);
    expect(hasPasswordLength('\u{1F511}'.repeat(128))).toBe(true);
    expect(hasPasswordLength('x'.repeat(129))).toBe(false);
  });
});
