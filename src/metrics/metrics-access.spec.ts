import { mayReadMetrics } from './metrics-access';

const TOKEN = 'a-token-of-some-length';

describe('mayReadMetrics', () => {
  it.each([`Bearer ${TOKEN}`, `bearer ${TOKEN}`, `Bearer  ${TOKEN}`])('accepts %j', (authorization) =>
    expect(mayReadMetrics(authorization, TOKEN)).toBe(true),
  );

  it.each([
    undefined,
    '',
    TOKEN,
    `Basic ${TOKEN}`,
    `Bearer ${TOKEN}x`,
    `Bearer ${TOKEN.slice(1)}`,
    'Bearer ',
    `Bearer ${TOKEN} ${TOKEN}`,
  ])('rejects %j', (authorization) => expect(mayReadMetrics(authorization, TOKEN)).toBe(false));

  it('accepts every request if no token is configured', () => expect(mayReadMetrics(undefined, undefined)).toBe(true));
});
