import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseEnvironment } from './config.service';
import { SETTING_NAMES } from './config.schema';
import { readEnvFile } from './settings';
import { describeUnknownSettings, editDistance, findUnknownSettings } from './unknown-settings';

const URI = 'mongodb://user:secret@db.example.org/derailed';

describe('settings from files', () => {
  let folder: string;
  beforeEach(() => (folder = mkdtempSync(join(tmpdir(), 'derailed-settings-'))));
  afterEach(() => rmSync(folder, { recursive: true }));
  const file = (content: string): string => {
    writeFileSync(join(folder, 'file'), content);
    return join(folder, 'file');
  };

  it.each([URI, `${URI}\n`, `${URI}\r\n`, `\uFEFF${URI}\n\n`])(
    'reads MONGODB_URI from MONGODB_URI_FILE containing %j',
    (content) => {
      expect(parseEnvironment({ MONGODB_URI_FILE: file(content) }).MONGODB_URI).toBe(URI);
    },
  );

  it.each(SETTING_NAMES)('reads %s from a file', (name) => {
    expect(() => parseEnvironment({ [`${name}_FILE`]: join(folder, 'missing') })).toThrow(
      `${name}_FILE: ${join(folder, 'missing')} cannot be read (ENOENT)`,
    );
  });

  it('rejects a setting that is set twice and an empty file, beside other invalid settings and without the secret', () => {
    const environment = { MONGODB_URI: URI, MONGODB_URI_FILE: file(URI), REDIS_URL_FILE: folder, PORT: 'x' };
    expect(() => parseEnvironment(environment)).toThrow(
      /^(?!.*secret).*MONGODB_URI: is set, and so is MONGODB_URI_FILE.*REDIS_URL_FILE: .*EISDIR.*PORT: must be/,
    );
    expect(() => parseEnvironment({ REDIS_URL_FILE: file('\n') })).toThrow('is empty');
    expect(parseEnvironment({ MONGODB_URI: '', MONGODB_URI_FILE: '', PORT_FILE: file('4000') })).toEqual({
      ...parseEnvironment({}),
      PORT: 4_000,
    });
  });

  it('reads a .env file with a byte order mark and CRLF line ends', () => {
    const read = readEnvFile(
      file('\uFEFFPORT=4000\r\nHOST="0.0.0.0"\r\n# comment\r\nCORS_ORIGINS=https://a.example, https://b.example/\r\n'),
    );
    expect(read).toEqual({ PORT: '4000', HOST: '0.0.0.0', CORS_ORIGINS: 'https://a.example, https://b.example/' });
    expect(parseEnvironment(read)).toMatchObject({
      PORT: 4_000,
      HOST: '0.0.0.0',
      CORS_ORIGINS: ['https://a.example', 'https://b.example'],
    });
  });
});

describe('unknown settings', () => {
  const existing = SETTING_NAMES;
  const found = (environment: object, envFile = {}): string[] =>
    findUnknownSettings(environment, envFile, existing).map(({ name, suggestion }) => `${name}>${suggestion ?? ''}`);

  it.each([
    ['PROT', 'PORT'],
    ['MONGO_URI', 'MONGODB_URI'],
    ['REDIS_URI', 'REDIS_URL'],
    ['CORS_ORIGIN', 'CORS_ORIGINS'],
    ['TRUSTED_PROXY', 'TRUST_PROXY'],
    ['data_dir', 'DATA_DIR'],
  ])('include %s, with the suggestion %s', (name, suggestion) => {
    expect(found({ [name]: 'x' })).toEqual([`${name}>${suggestion}`]);
    expect(describeUnknownSettings(findUnknownSettings({ [name]: 'x' }, {}, existing))).toEqual([
      `${name} is not a setting of Derailed; did you mean ${suggestion}?`,
    ]);
  });

  it('include names with a prefix of Derailed, and every other name in the .env file', () => {
    expect(found({ GATEWAY_SOCKETS_PER_PERSON: '1', EDITOR: 'vi' }, { COLOR: 'red' })).toEqual([
      'GATEWAY_SOCKETS_PER_PERSON>',
      'COLOR>',
    ]);
  });

  it('do not include variables of a usual process', () => {
    const usual = [
      'PATH',
      'HOME',
      'HOSTNAME',
      'USER',
      'SHELL',
      'PWD',
      'LANG',
      'TERM',
      'NODE_ENV',
      'NODE_OPTIONS',
      'npm_config_cache',
      'TZ',
      'MONGODB_URI_FILE',
      'SHLVL',
      'LOGNAME',
      'PORT',
    ];
    expect(found(Object.fromEntries(usual.map((name) => [name, 'x'])), { TZ: 'UTC', NODE_OPTIONS: '' })).toEqual([]);
  });

  it('depend on the edit distance of two names', () => {
    expect([
      editDistance('', 'abc'),
      editDistance('abc', 'abc'),
      editDistance('abcd', 'abdc'),
      editDistance('kitten', 'sitting'),
    ]).toEqual([3, 0, 1, 3]);
  });
});
