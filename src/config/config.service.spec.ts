import { readFileSync } from 'node:fs';
import { ConfigurationInvalid, parseEnvironment } from './config.service';
import { SETTING_NAMES } from './config.schema';

// Settings that accept nearly any text.
const FREE_TEXT = ['HOST', 'DATA_DIR'];

function failure(environment: NodeJS.ProcessEnv): Error {
  try {
    parseEnvironment(environment);
  } catch (error) {
    if (error instanceof ConfigurationInvalid) return error;
  }
  throw new Error('The configuration was accepted.');
}

const example = readFileSync('.env.example', 'utf8');

describe('the configuration', () => {
  it('has a default for every setting', () => {
    expect(parseEnvironment({})).toMatchObject({
      PORT: 3_000,
      HOST: '127.0.0.1',
      DATA_DIR: '.data',
      GATEWAY_BUCKET: { limit: 60, windowMs: 60_000 },
    });
  });

  it('names every setting that is invalid', () => {
    const wrong = {
      PORT: '70000',
      MONGODB_URI: 'postgres://x',
      RATE_USER: '50 per second',
      LOG_LEVEL: 'loud',
      WORKER_ID: '1024',
    };
    expect(() => parseEnvironment(wrong)).toThrow(ConfigurationInvalid);
    for (const name of Object.keys(wrong)) expect(() => parseEnvironment(wrong)).toThrow(new RegExp(`\\b${name}: `));
  });

  it('reports all invalid settings at once, each by its name and without a value of a secret', () => {
    const wrong = Object.fromEntries(
      SETTING_NAMES.filter((name) => !FREE_TEXT.includes(name)).map((name) => [
        name,
        name === 'METRICS_TOKEN' ? 'secret' : 'not valid!',
      ]),
    );
    const { message } = failure(wrong);
    for (const name of Object.keys(wrong)) expect(message).toMatch(new RegExp(`\\b${name}: `));
    expect(message).not.toContain('secret');
  });

  it.each(SETTING_NAMES)('uses the default if %s is empty or blank', (name) => {
    const defaults = parseEnvironment({});
    for (const empty of ['', '  ', '\r']) expect(parseEnvironment({ [name]: empty })).toEqual(defaults);
  });

  it.each(['0x10', '1e3', '3000.0', '-1', '3 000', '٣'])('rejects %s as a number', (PORT) => {
    expect(failure({ PORT }).message).toContain('PORT: ');
  });

  it('trims values and accepts words in any case', () => {
    expect(parseEnvironment({ PORT: ' 3001\r', LOG_LEVEL: 'WARN', RATE_LIMITS: 'Off ' })).toMatchObject({
      PORT: 3_001,
      LOG_LEVEL: 'warn',
      RATE_LIMITS: 'off',
    });
  });

  it.each([
    ['https://chat.example.org', ['https://chat.example.org']],
    [' https://chat.example.org/ , http://localhost:5173/,', ['https://chat.example.org', 'http://localhost:5173']],
    ['HTTPS://Chat.Example.org:443/', ['https://chat.example.org']],
    [',', []],
  ])('reads CORS_ORIGINS=%s', (CORS_ORIGINS, origins) => {
    expect(parseEnvironment({ CORS_ORIGINS }).CORS_ORIGINS).toEqual(origins);
  });

  it.each(['chat.example.org', 'https://chat.example.org/app', '*', 'https://a@b.example', 'null'])(
    'rejects the origin %s',
    (origin) => {
      expect(failure({ CORS_ORIGINS: `https://ok.example, ${origin}` }).message).toContain(`CORS_ORIGINS: "${origin}"`);
    },
  );

  it.each([
    ['TRUE', 'true'],
    [' 2 ', '2'],
    ['Loopback, 10.0.0.0/8,', 'loopback,10.0.0.0/8'],
    [',', undefined],
  ])('reads TRUST_PROXY=%s', (TRUST_PROXY, expected) =>
    expect(parseEnvironment({ TRUST_PROXY }).TRUST_PROXY).toBe(expected),
  );

  it.each([
    { TRUST_PROXY: '1,2' },
    { TRUST_PROXY: 'proxy.example.org' },
    { TRUST_PROXY: '10.0.0.0/33' },
    { REDIS_URL: 'redis://ho[st' },
    { REDIS_URL: 'redis://host:99999' },
  ])('rejects %j among other invalid settings', (wrong) => {
    const { message } = failure({ ...wrong, PORT: 'x' });
    for (const name of [...Object.keys(wrong), 'PORT']) expect(message).toContain(`${name}: `);
  });

  it('has every setting in .env.example, with its default', () => {
    const listed = Object.fromEntries(
      [...example.matchAll(/^([A-Z_]+)=(.*)$/gm)].map(([, name, value]) => [name, value]),
    );
    expect(Object.keys(listed).sort()).toEqual(SETTING_NAMES.sort());
    expect(parseEnvironment(listed)).toEqual(parseEnvironment({}));
  });
});
