import { readFileSync } from 'node:fs';
import { ConfigurationInvalid, parseEnvironment } from './config';
import { environmentSchema } from './config.schema';

const example = readFileSync('.env.example', 'utf8');

describe('the configuration', () => {
  it('has a default for everything', () => {
    expect(parseEnvironment({})).toMatchObject({ PORT: 3_000, HOST: '127.0.0.1', DATA_DIR: '.data', GATEWAY_BUCKET: { limit: 60, windowMs: 60_000 } });
  });

  it('names every setting that is wrong', () => {
    const wrong = { PORT: '70000', MONGODB_URI: 'postgres://x', RATE_USER: '50 per second', LOG_LEVEL: 'loud', WORKER_ID: '1024' };
    expect(() => parseEnvironment(wrong)).toThrow(ConfigurationInvalid);
    for (const name of Object.keys(wrong)) expect(() => parseEnvironment(wrong)).toThrow(new RegExp(`\\b${name}: `));
  });

  it('takes an empty optional setting for none', () => {
    expect(parseEnvironment({ MONGODB_URI: '', TRUST_PROXY: '', WORKER_ID: '' })).toMatchObject({ MONGODB_URI: undefined, TRUST_PROXY: undefined, WORKER_ID: undefined });
  });

  it('has every setting in .env.example, with its default', () => {
    const listed = Object.fromEntries([...example.matchAll(/^([A-Z_]+)=(.*)$/gm)].map(([, name, value]) => [name, value]));
    expect(Object.keys(listed).sort()).toEqual(Object.keys(environmentSchema.shape).sort());
    expect(parseEnvironment(listed)).toEqual(parseEnvironment({}));
  });
});
